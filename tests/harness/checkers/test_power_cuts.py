"""Power cuts: what they may take is accused by nobody, what they may not is."""

from collections.abc import Sequence

import pytest

from harness.checkers.classes import counts
from harness.checkers.conditions import results
from harness.checkers.duplication import DuplicationChecker
from harness.checkers.loss import LossChecker
from harness.checkers.ordering import OrderingChecker
from harness.checkers.overwrite import OverwriteChecker
from harness.checkers.priority import PriorityChecker
from harness.scenario.judges import (
    DuplicationJudge,
    LossJudge,
    OrderingJudge,
    OverwriteJudge,
    PriorityJudge,
)

from .golden import Golden, is_invalid, is_unknown, is_valid, plan, rule, site
from .telling import ExporterSpec

LOSS, DUPLICATION = LossChecker(LossJudge()), DuplicationChecker(DuplicationJudge())
ORDERING = OrderingChecker(OrderingJudge())
PRIORITY = PriorityChecker(PriorityJudge())
CUT_AT, BACK_AT = 50_000.0, 60_000.0
FLUSHED = {"flushOnWrite": True}


def powerless(golden: Golden, at: float = CUT_AT, back: float = BACK_AT) -> Golden:
    """The power goes and comes back."""
    golden.cut([], at, back - 2_000, kind="power_cut")
    golden.restart(at, back)
    return golden


def new(numbers: Sequence[int]) -> list[str]:
    """Payloads that were appended under numbers that had been given before."""
    return [f"new/{number}" for number in numbers]


def torn(*, acknowledged: float = 45_000, **stream: object) -> Golden:
    """Ten messages, of which the cut takes the last five, none of them sent; five more under the same numbers."""
    golden = powerless(site(**stream))
    golden.appends("S", range(10), at=acknowledged)
    golden.put("S/E", range(5), at=61_000)
    for number in range(5, 10):
        golden.append("S", number, at=62_000 + number, hash_=f"new/{number}")
    golden.put("S/E", (), at=63_000, hashes=new(range(5, 10)))
    return golden


def test_what_was_not_flushed_may_be_gone() -> None:
    golden = torn()
    assert is_valid(rule(LOSS, golden))
    assert is_valid(rule(ORDERING, golden))
    assert is_valid(rule(DUPLICATION, golden))
    found = counts(golden.history(), plan())["S/E"]
    assert (found["unsynced"], found["delivered"], found["lost"]) == (5, 10, 0)
    assert found["appended"] == 15


def test_what_was_flushed_is_not() -> None:
    golden = torn(**FLUSHED)
    assert is_invalid(rule(LOSS, golden), "message 5")


def test_what_had_time_to_be_written_back_is_not() -> None:
    golden = torn(acknowledged=9_000)
    assert is_invalid(rule(LOSS, golden), "message 5")


@pytest.mark.parametrize("kind", ["disk_full", "slow_disk", "disk_errors"])
def test_while_the_disk_fails_nothing_is_written_back(kind: str) -> None:
    golden = torn(acknowledged=9_000)
    golden.cut([], 9_900, 11_000, kind=kind)
    assert is_valid(rule(LOSS, golden))


def test_a_disk_that_was_well_for_long_had_the_time_to_write_back() -> None:
    golden = torn(acknowledged=7_000)
    golden.cut([], 7_900, 9_000, kind="disk_full")
    assert is_invalid(rule(LOSS, golden), "message 5")


def test_one_trouble_of_the_disk_may_follow_upon_another() -> None:
    golden = torn(acknowledged=2_000)
    golden.cut([], 2_500, 4_000, kind="disk_full")
    golden.cut([], 9_000, 11_000, kind="slow_disk")
    assert is_valid(rule(LOSS, golden))


def test_a_kill_takes_nothing() -> None:
    golden = site()
    golden.appends("S", range(10), at=45_000)
    golden.restart(CUT_AT, BACK_AT)
    golden.put("S/E", range(5), at=61_000)
    golden.appends("S", range(10, 15), at=62_000)
    golden.put("S/E", range(10, 15), at=63_000)
    assert is_invalid(rule(LOSS, golden), "message 5")


@pytest.mark.parametrize(("phase", "valid"), [("heal", True), ("inject", False)])
def test_a_power_cut_may_have_taken_messages_unless_it_failed_to_begin(
    phase: str, valid: bool
) -> None:
    golden = torn()
    for line in [each for each in golden.lines if each["kind"] == "fault"]:
        if line["phase"] == "heal" and phase == "inject":
            golden.lines.remove(line)
        elif line["type"] == "ok" and line["phase"] == phase:
            line |= {"type": "failed", "reason": "it did not come up"}
    verdict = rule(LOSS, golden)
    assert is_unknown(verdict, "the fault") if valid else is_invalid(verdict, "message 5")


def test_what_was_lost_after_the_power_came_back_is_lost() -> None:
    golden = torn()
    golden.appends("S", range(10, 20), at=70_000)
    golden.put("S/E", range(15, 20), at=71_000)
    assert is_invalid(rule(LOSS, golden), "message 15")


# -- numbers that are given again --------------------------------------------------------------


def reused(**stream: object) -> Golden:
    """Ten messages were delivered; after the cut five numbers are given again."""
    golden = site(**stream)
    golden.appends("S", range(10), at=45_000)
    golden.put("S/E", range(5), at=46_000)
    golden.put("S/E", range(5, 10), at=46_100)
    for number in range(5, 10):
        golden.append("S", number, at=62_000 + number, hash_=f"new/{number}")
    golden.put("S/E", (), at=63_000, hashes=new(range(5, 10)))
    return golden


def test_numbers_that_a_power_cut_took_may_be_given_again() -> None:
    golden = powerless(reused())
    assert is_valid(rule(ORDERING, golden))
    assert is_valid(rule(LOSS, golden))
    numbers = [each.number for each in golden.history().streams["S", 0].appends]
    assert numbers == [*range(15)]


def test_numbers_of_flushed_messages_may_not() -> None:
    assert is_invalid(rule(ORDERING, powerless(reused(**FLUSHED))), "5")


def test_without_a_power_cut_none_may() -> None:
    golden = reused()
    golden.restart(CUT_AT, BACK_AT)
    assert is_invalid(rule(ORDERING, golden), "5")


def test_numbers_of_messages_that_had_time_to_be_written_back_may_not() -> None:
    golden = powerless(site())
    golden.appends("S", range(10), at=1_000)
    golden.appends("S", range(10, 15), at=45_000)
    golden.put("S/E", range(5), at=46_000)
    golden.put("S/E", range(5, 10), at=46_100)
    golden.put("S/E", range(10, 15), at=46_200)
    for number in range(5):
        golden.append("S", number, at=62_000 + number, hash_=f"new/{number}")
    golden.put("S/E", (), at=63_000, hashes=new(range(5)))
    assert is_invalid(rule(ORDERING, golden), "0")


def test_numbers_are_counted_on_over_several_power_cuts() -> None:
    golden = powerless(reused())
    powerless(golden, 70_000, 75_000)
    for number in range(7, 12):
        golden.append("S", number, at=76_000 + number, hash_=f"newer/{number}")
    golden.put("S/E", (), at=77_000, hashes=[f"newer/{number}" for number in range(7, 12)])
    numbers = [each.number for each in golden.history().streams["S", 0].appends]
    assert numbers == [*range(20)]
    assert is_valid(rule(ORDERING, golden))


# -- second copies -----------------------------------------------------------------------------


def delivered_before(answered_at: float) -> Golden:
    """What was delivered before a power cut comes again."""
    golden = powerless(site())
    golden.appends("S", range(15), at=1_000)
    golden.put("S/E", range(5), at=answered_at)
    golden.put("S/E", range(5, 10), at=answered_at + 100)
    golden.put("S/E", range(5), at=61_000)
    golden.put("S/E", range(5, 10), at=61_100)
    golden.put("S/E", range(10, 15), at=61_200)
    return golden


@pytest.mark.parametrize(("answered_at", "explained"), [(45_000, True), (9_000, False)])
def test_what_was_delivered_shortly_before_a_power_cut_may_come_again(
    answered_at: float, explained: bool
) -> None:
    verdict = rule(DUPLICATION, delivered_before(answered_at))
    assert is_valid(verdict) if explained else is_invalid(verdict, "0")


# -- the other judges --------------------------------------------------------------------------


def test_what_a_power_cut_may_have_taken_leaves_evictions_open() -> None:
    golden = powerless(site(max_size=1_000, segment_size=400))
    golden.appends("S", range(40), at=45_000)
    golden.put("S/E", range(38, 40), at=61_000)
    assert is_unknown(rule(OverwriteChecker(OverwriteJudge()), golden), "power cut")


@pytest.mark.parametrize("accused", [False, True])
def test_an_urgent_message_that_a_power_cut_took_is_passed_over_by_nobody(accused: bool) -> None:
    urgent = ExporterSpec(name="U", service="kinesis", target="U", batch_size=1, priority=1)
    plain = ExporterSpec(name="E", service="kinesis", target="T", batch_size=5, priority=5)
    golden = site(plain)
    golden.stream("A", urgent)
    golden.append("A", 0, at=100)
    golden.put("A/U", [0], at=200)
    golden.appends("A", range(1, 4), at=49_000)
    if accused:
        golden.restart(CUT_AT, BACK_AT)
    else:
        powerless(golden)
    golden.append("A", 4, at=60_500)
    golden.put("A/U", [4], at=60_600)
    golden.appends("S", range(100), at=61_000, every=1)
    for first in range(0, 100, 5):
        golden.put("S/E", range(first, first + 5), at=62_000 + 10 * first)
    golden.put("A/U", range(1, 4), at=70_000)
    verdict = rule(PRIORITY, golden)
    assert (verdict.verdict == "invalid") is accused, verdict


def test_a_power_cut_kills_every_process() -> None:
    golden = powerless(site())
    condition = {"process_killed": {"target": "stream_manager"}}
    (result,) = results(golden.history(), plan(condition))
    assert result.met, result.evidence


def test_a_fault_of_the_edge_is_felt_by_appends() -> None:
    golden = site()
    golden.cut([], 1_000, 2_000, kind="disk_full")
    golden.appends("S", range(3), at=500, every=500)
    golden.append("S", None, at=1_700, outcome="unknown")
    asked = ({"disturbed": {"fault": "disk_full", "failures": count}} for count in (1, 2))
    met = [each.met for each in results(golden.history(), plan(*asked))]
    assert met == [True, False]


def test_a_refusal_of_the_cloud_is_felt_by_what_is_sent() -> None:
    golden = site()
    golden.cut(["kinesis"], 1_000, 2_000, kind="cloud_partial_failure")
    golden.appends("S", range(10), at=100)
    golden.put("S/E", range(5), at=1_500, rejected=[1])
    golden.put("S/E", range(5, 10), at=2_500, rejected=[1])
    asked = (
        {"disturbed": {"fault": "cloud_partial_failure", "failures": count}} for count in (1, 2)
    )
    met = [each.met for each in results(golden.history(), plan(*asked))]
    assert met == [True, False]


def test_that_the_cloud_refused_some_explains_no_copy_of_the_others() -> None:
    golden = site()
    golden.cut(["kinesis"], 1_000, 80_000, kind="cloud_partial_failure")
    golden.appends("S", range(5), at=100)
    golden.put("S/E", range(5), at=1_500, rejected=[1])
    golden.put("S/E", [0, 1], at=1_600)
    assert is_invalid(rule(DUPLICATION, golden), "message 0")


def jumped(by_ms: str, at: float, failed: str = "") -> Golden:
    """Messages that live for ten minutes, the first five of which are in no request, and a clock that jumps."""
    golden = site(timeToLiveMillis=600_000)
    parameters = {"by_ms": by_ms}
    golden.cut(["kinesis"], at, at + 1_000, kind="clock_jump", parameters=parameters, failed=failed)
    golden.appends("S", range(10), at=5_000)
    golden.put("S/E", range(5, 10), at=8_000)
    return golden


@pytest.mark.parametrize(("by_ms", "expired"), [("3600000", True), ("1000", False)])
def test_a_clock_that_jumps_makes_messages_older(by_ms: str, expired: bool) -> None:
    verdict = rule(LOSS, jumped(by_ms, at=6_000))
    assert is_valid(verdict) if expired else is_invalid(verdict, "message 0")


@pytest.mark.parametrize("at", [2_000, 12_000])
def test_a_clock_that_jumped_before_a_message_or_after_it_makes_it_no_older(at: float) -> None:
    assert is_invalid(rule(LOSS, jumped("3600000", at)), "message 0")


def test_a_clock_that_could_not_be_set_makes_nothing_older() -> None:
    assert is_invalid(rule(LOSS, jumped("3600000", 6_000, failed="no clock")), "message 0")
