"""Scenarios run in virtual time, and the zoo where the simulator finds it."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.explore.trial import Trial, try_out
from harness.plan.compiling import compile_plan
from harness.scenario.loader import load

ROOT = Path(__file__).parents[4]
FOLDERS = (ROOT / "tests/end_to_end/scenarios", ROOT / "scenarios")


def scenario_file(name: str) -> Path:
    return next(file for folder in FOLDERS if (file := folder / f"{name}.yaml").exists())


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """The functions and the stream manager log what they do, as they do elsewhere."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Trial]:
    """Runs a scenario by its name, perhaps with an inhabitant of the zoo in the place of our stream manager."""
    monkeypatch.syspath_prepend(str(ROOT / "tests/zoo"))

    def run(name: str, inhabitant: str = "", seed: int = 1) -> Trial:
        plan = compile_plan(load(scenario_file(name)).scenario, seed)
        return try_out(plan, f"{inhabitant}:PARTS" if inhabitant else None)

    return run
