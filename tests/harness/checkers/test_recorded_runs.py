"""Real runs of stream managers of the zoo, recorded by `record.py` and judged again: quick, and without a site."""

import json
import lzma
from pathlib import Path

import pytest

from harness.checkers.judge import judge
from harness.history.history import History
from harness.plan.model import Plan

RECORDED = sorted((Path(__file__).parent / "recorded").glob("*.json.xz"))


def named(path: Path) -> str:
    return path.name.removesuffix(".json.xz")


def test_there_are_recordings() -> None:
    assert RECORDED


@pytest.mark.parametrize("path", RECORDED, ids=named)
def test_a_recorded_run_is_judged_as_it_was_found_right(path: Path) -> None:
    recorded = json.loads(lzma.decompress(path.read_bytes()))
    judged = judge(History.of(recorded["history"]), Plan.from_json(recorded["plan"]))
    assert judged.verdict == recorded["verdict"], judged.reason
    invalid = [each.name for each in judged.checkers if each.verdict == "invalid"]
    assert invalid == recorded["invalid"]
