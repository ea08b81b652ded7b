"""Hundreds of runs of a small exact world: a correct server is never accused, and each broken one nearly always.

What a broken server has to be found in are the runs in which its mended twin is valid: same seed, same outages.
"""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from harness.checkers.overwrite import OverwriteChecker
from harness.checkers.priority import PriorityChecker
from harness.checkers.verdict import Ruling, Verdict
from harness.scenario.judges import OverwriteJudge, PriorityJudge

from .blocks import BLOCKS
from .plans import plan
from .segmented import Flaw, Setting
from .settings import overwrite_setting, priority_setting
from .world import World

BLOCK = 50
FLAWED_RUNS = 40
FOUND_AT_LEAST = 0.95
WORTH_JUDGING_AT_LEAST = 0.95


Judge = Callable[[Setting, Random], Verdict]


def priority(setting: Setting, random: Random) -> Verdict:
    history = World(setting, random).run().history()
    return PriorityChecker(PriorityJudge()).check(history, plan())


def overwrite(setting: Setting, random: Random) -> Verdict:
    history = World(setting, random).run().history()
    the_plan = plan(backoff_ms=int(setting.backoff_max_ms))
    return OverwriteChecker(OverwriteJudge()).check(history, the_plan)


DRAWN = {priority: priority_setting, overwrite: overwrite_setting}


def judged(judge: Judge, seed: int, flaw: Flaw | None = None, *, mended: bool = False) -> Verdict:
    """The verdict on one run; `mended`: of the world that was drawn for a flaw, but without it."""
    random = Random(seed)
    setting = DRAWN[judge](random, flaw)
    return judge(replace(setting, flaw=None) if mended else setting, random)


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("judge", [priority, overwrite])
def test_a_correct_server_is_never_accused(judge: Judge, block: int) -> None:
    verdicts = {seed: judged(judge, seed) for seed in range(block * BLOCK, (block + 1) * BLOCK)}
    assert {seed: v for seed, v in verdicts.items() if v.verdict is Ruling.INVALID} == {}
    valid = sum(each.verdict is Ruling.VALID for each in verdicts.values())
    assert valid >= WORTH_JUDGING_AT_LEAST * BLOCK


def share_found(judge: Judge, flaw: Flaw) -> float:
    """The share of runs in which a broken server is found, of those in which its mended twin is valid."""
    seeds = range(FLAWED_RUNS)
    fair = [s for s in seeds if judged(judge, s, flaw, mended=True).verdict is Ruling.VALID]
    found = [seed for seed in fair if judged(judge, seed, flaw).verdict is Ruling.INVALID]
    assert len(fair) >= FLAWED_RUNS / 2
    return len(found) / len(fair)


def test_a_server_that_ignores_priority_is_found() -> None:
    assert share_found(priority, Flaw.IGNORES_PRIORITY) >= FOUND_AT_LEAST


@pytest.mark.parametrize(
    "flaw",
    [Flaw.EVICTS_NEWEST, Flaw.EVICTS_EARLY, Flaw.KEEPS_TOO_MUCH, Flaw.SKIPS_ON_RESTART],
)
def test_a_server_that_overwrites_wrongly_is_found(flaw: Flaw) -> None:
    assert share_found(overwrite, flaw) >= FOUND_AT_LEAST


def test_a_server_that_evicts_single_records_is_found_mostly() -> None:
    """Where it goes on may happen to be the beginning of a segment for one of 65 overheads."""
    assert share_found(overwrite, Flaw.EVICTS_RECORDS) >= 0.7


@pytest.mark.parametrize("seed", range(10))
def test_a_flaw_of_one_kind_is_no_other(seed: int) -> None:
    assert judged(overwrite, seed, Flaw.IGNORES_PRIORITY).verdict is not Ruling.INVALID
    assert judged(priority, seed, Flaw.EVICTS_NEWEST).verdict is not Ruling.INVALID
