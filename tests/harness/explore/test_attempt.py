"""Whatever becomes of a scenario, something is told of it."""

from types import SimpleNamespace
from typing import Any

import pytest

from harness.environments.errors import EnvironmentUnavailable
from harness.explore import attempt as module
from harness.explore.attempt import BROKEN, attempt, replay
from harness.scenario.problems import BadScenario

SHORT_MS = (30_000, 39_000)


def fail(*_: Any, **__: Any) -> None:
    raise RuntimeError("so it broke")


@pytest.mark.parametrize("part", ["scenario_of", "loaded", "compile_plan", "try_out", "states"])
def test_where_a_part_of_the_simulator_breaks_that_is_told(
    part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    judgement = SimpleNamespace(verdict="valid", checkers=(), reason="")
    trial = SimpleNamespace(judgement=judgement, lines=[], failed="", virtual_ms=1.0)
    monkeypatch.setattr(module, "try_out", lambda *_: trial)
    monkeypatch.setattr(module, part, fail)
    found = attempt("1", SHORT_MS, None)
    assert (found.lineage, found.verdict, found.failed) == ("1", BROKEN, True)
    assert "so it broke" in found.reason
    assert bool(found.kinds) == (part in ("try_out", "states"))


def test_a_stream_manager_that_cannot_be_had_is_no_fault_of_the_scenario() -> None:
    with pytest.raises(EnvironmentUnavailable):
        attempt("1", SHORT_MS, "nowhere:PARTS")


def test_a_file_that_is_not_sound_says_so() -> None:
    with pytest.raises(BadScenario):
        replay("old.yml", b"scenario: old\n", None)
