"""Two judges who share nothing but the documentation say the same, also of histories that are told a little wrongly."""

import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from harness.checkers.judge import judge
from harness.history.history import History
from harness.plan.model import Plan

from .judge import verdicts
from .mutations import MUTATIONS, mutated

RECORDED = sorted((Path(__file__).parents[1] / "harness/checkers/recorded").glob("*.json.xz"))
SAMPLE = 2
"""Mutations of each recording in the ordinary suite; the nightly tries all kinds of them, several times."""


def recorded(path: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    recording = json.loads(lzma.decompress(path.read_bytes()))
    return recording["history"], recording["plan"]


def named(path: Path) -> str:
    return path.name.removesuffix(".json.xz")


def check_that_both_agree(lines: list[dict[str, Any]], plan: dict[str, Any], what: str) -> None:
    ours = judge(History.of(lines), Plan.from_json(plan)).checkers
    theirs = verdicts(lines, plan)
    for each in ours:
        verdict, why = theirs[each.name]
        assert verdict == each.verdict, f"{what}: {each.name}: {each.reason} but {why[:3]}"


@pytest.mark.parametrize("path", RECORDED, ids=named)
def test_both_judges_say_the_same_of_a_recorded_run(path: Path) -> None:
    check_that_both_agree(*recorded(path), "as it was")


@pytest.mark.parametrize(
    ("number", "path"), [*enumerate(RECORDED)], ids=lambda each: getattr(each, "name", str(each))
)
def test_both_judges_say_the_same_of_a_run_that_was_told_a_little_wrongly(
    number: int, path: Path
) -> None:
    lines, plan = recorded(path)
    for seed in range(number * SAMPLE, number * SAMPLE + SAMPLE):
        what, changed = mutated(lines, seed)
        check_that_both_agree(changed, plan, f"{what}, seed {seed}")


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("path", RECORDED, ids=named)
def test_both_judges_say_the_same_of_every_kind_of_mutation(path: Path) -> None:
    lines, plan = recorded(path)
    for seed in range(10 * len(MUTATIONS)):
        what, changed = mutated(lines, seed)
        check_that_both_agree(changed, plan, f"{what}, seed {seed}")
