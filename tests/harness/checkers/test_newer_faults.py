"""Half-open and one-way links, a stream manager and a cloud that stand still: nothing that is legal is accused."""

from random import Random

import pytest

from harness.checkers.conditions import results
from harness.checkers.duplication import DuplicationChecker
from harness.checkers.links import Links
from harness.checkers.loss import LossChecker
from harness.checkers.ordering import OrderingChecker
from harness.checkers.overwrite import OverwriteChecker
from harness.checkers.priority import PriorityChecker
from harness.checkers.verdict import Ruling
from harness.scenario.judges import (
    DuplicationJudge,
    LossJudge,
    OrderingJudge,
    OverwriteJudge,
    PriorityJudge,
)

from .golden import Golden, is_invalid, is_valid, plan, rule, site
from .model import Model
from .model_settings import newer_setting
from .plans import plan as plan_of
from .settings import newer, overwrite_setting, priority_setting
from .world import World

BLOCKS, BLOCK = 4, 25
CHECKERS = (
    LossChecker(LossJudge()),
    DuplicationChecker(DuplicationJudge()),
    OrderingChecker(OrderingJudge()),
)
DUPLICATION = CHECKERS[1]


@pytest.mark.parametrize("block", range(BLOCKS))
def test_a_correct_manager_is_never_accused_and_mostly_acquitted(block: int) -> None:
    found = {}
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        random = Random(seed)
        history = Model(newer_setting(random), random).run().history()
        found |= {(seed, each.name): each.check(history, plan()) for each in CHECKERS}
    assert {key: each for key, each in found.items() if each.verdict is Ruling.INVALID} == {}
    valid = sum(each.verdict is Ruling.VALID for each in found.values())
    assert valid >= 0.9 * len(found), [e.reason for e in found.values() if e.verdict != "valid"]


JUDGED = {
    "priority": (priority_setting, PriorityChecker(PriorityJudge())),
    "overwrite": (overwrite_setting, OverwriteChecker(OverwriteJudge())),
}


@pytest.mark.parametrize("block", range(2))
@pytest.mark.parametrize("judge", JUDGED)
def test_a_correct_server_is_never_accused_of_order_or_eviction(judge: str, block: int) -> None:
    draw, checker = JUDGED[judge]
    found = {}
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        random = Random(seed)
        setting = newer(draw(random), random)
        history = World(setting, random).run().history()
        found[seed] = checker.check(history, plan_of(backoff_ms=int(setting.backoff_max_ms)))
    assert {seed: v for seed, v in found.items() if v.verdict is Ruling.INVALID} == {}
    assert sum(each.verdict is Ruling.VALID for each in found.values()) >= 0.7 * BLOCK


# -- duplication -----------------------------------------------------------------------------------


def sent_twice(golden: Golden) -> Golden:
    golden.appends("S", range(10), at=1_000)
    golden.put("S/E", range(5), at=2_000)
    golden.put("S/E", range(5), at=20_000)
    golden.put("S/E", range(5, 10), at=20_100)
    return golden


def test_a_pause_that_begins_while_the_answer_comes_explains_a_second_copy() -> None:
    golden = sent_twice(site())
    golden.pause(2_001, 19_000)
    assert is_valid(rule(DUPLICATION, golden))


def test_a_pause_that_was_over_before_explains_none() -> None:
    golden = sent_twice(site())
    golden.pause(1_500, 1_900)
    assert is_invalid(rule(DUPLICATION, golden), "0")


@pytest.mark.parametrize("kind", ["latency", "bandwidth", "slicer"])
def test_that_the_link_was_slow_explains_none_as_long_as_nobody_gave_up(kind: str) -> None:
    """Else nothing could be told of a run on a preset that is slow all the time."""
    golden = sent_twice(site())
    golden.cut(["kinesis"], 500, 60_000, kind=kind)
    assert is_invalid(rule(DUPLICATION, golden), "0")
    golden.uplink("kinesis", 1_990, 17_000, "failed")
    assert is_valid(rule(DUPLICATION, golden))


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [("limit_data", {}), ("connection_reset", {"lost": "answers"}), ("half_open", {})],
)
def test_what_breaks_or_holds_answers_explains_a_second_copy(
    kind: str, parameters: dict[str, str]
) -> None:
    golden = sent_twice(site())
    golden.cut(["kinesis"], 500, 19_000, kind=kind, parameters=parameters)
    assert is_valid(rule(DUPLICATION, golden))


def test_a_function_that_stands_still_explains_none() -> None:
    golden = sent_twice(site())
    golden.pause(2_001, 19_000, target="stream_producer")
    assert is_invalid(rule(DUPLICATION, golden), "0")


# -- what the judges know of links -----------------------------------------------------------------


def two_heals(kind: str, **parameters: str) -> Links:
    golden = site()
    for service in ("kinesis", "iotanalytics"):
        golden.cut([service], 1_000, 5_000, kind=kind, parameters=parameters)
    return Links(golden.history())


@pytest.mark.parametrize(
    ("links", "heals"),
    [
        (two_heals("link_silent"), 1),
        (two_heals("one_way", lost="requests"), 1),
        (two_heals("one_way", lost="answers"), 0),
        (two_heals("half_open"), 0),
        (two_heals("cloud_pause"), 0),
    ],
    ids=["silent", "requests", "answers", "half-open", "cloud"],
)
def test_what_got_through_or_was_held_is_no_heal_after_which_order_can_be_demanded(
    links: Links, heals: int
) -> None:
    assert len(links.heals("kinesis", "iotanalytics")) == heals


def test_what_was_held_may_come_for_a_while_after_the_heal() -> None:
    links = two_heals("half_open")
    assert links.let_go(["kinesis"], 5_500, 5_600)
    assert not links.let_go(["kinesis"], 8_000, 8_100)
    assert not links.let_go(["s3"], 5_500, 5_600)
    assert not two_heals("link_silent").let_go(["kinesis"], 5_500, 5_600)


def test_the_manager_is_away_while_it_or_its_core_stands_still() -> None:
    golden = site()
    golden.pause(1_000, 2_000)
    golden.pause(5_000, 6_000, target="core")
    golden.pause(8_000, 9_000, target="sensor_source")
    links = Links(golden.history())
    assert [links.away(at, at) for at in (1_500, 3_000, 5_500, 8_500)] == [True, False, True, False]
    assert links.quiet_since("kinesis", 7_000) == 6_000


# -- conditions ------------------------------------------------------------------------------------


def met(golden: Golden, name: str, **parameters: object) -> bool:
    golden.append("S", 0, at=100)
    (result,) = results(golden.history(), plan({name: parameters}))
    return result.met


def test_a_pause_counts_when_it_lasted_and_the_process_went_on() -> None:
    golden = site()
    golden.pause(1_000, 4_000)
    wanted = {"target": "stream_manager"}
    assert met(golden, "process_paused", **wanted, lasting="2s")
    assert not met(golden, "process_paused", **wanted, lasting="4s")
    assert not met(golden, "process_paused", **wanted, at_least=2)
    assert not met(golden, "process_paused", target="core")


def test_a_process_that_was_gone_meanwhile_did_not_go_on() -> None:
    golden = site()
    golden.pause(1_000, 4_000)
    golden.kill(2_000, 3_000)
    assert not met(golden, "process_paused", target="stream_manager")


def test_a_pause_during_an_outage_begins_in_it() -> None:
    golden = site()
    golden.cut(["kinesis"], 1_000, 5_000)
    golden.uplink("kinesis", 1_500, 1_600, "failed")
    golden.pause(2_000, 7_000)
    wanted = {"target": "stream_manager", "during_outage": True}
    assert met(golden, "process_paused", **wanted)
    late = site()
    late.cut(["kinesis"], 1_000, 1_800)
    late.uplink("kinesis", 1_500, 1_600, "failed")
    late.pause(2_000, 7_000)
    assert not met(late, "process_paused", **wanted)


def test_a_kill_is_no_restart() -> None:
    golden = site()
    golden.kill(1_000, 2_000)
    assert met(golden, "process_killed", target="stream_manager")
    assert not met(golden, "process_restarted", target="stream_manager")


@pytest.mark.parametrize(("begins", "counts"), [(2_000, True), (9_000, False)])
def test_a_disturbance_counts_when_it_met_a_request(begins: float, counts: bool) -> None:
    golden = site()
    golden.cut(["kinesis"], 1_000, 5_000, kind="slicer")
    golden.uplink("kinesis", begins, begins + 100, "ok")
    assert met(golden, "disturbed", fault="slicer") is counts
    assert not met(golden, "disturbed", fault="limit_data")
    assert not met(golden, "disturbed", fault="slicer", service="s3")


def test_requests_that_had_to_fail_are_counted() -> None:
    golden = site()
    golden.cut(["kinesis"], 1_000, 5_000, kind="connection_reset", parameters={"lost": "answers"})
    golden.uplink("kinesis", 1_500, 1_600, "failed")
    golden.uplink("kinesis", 2_500, 2_600, "ok")
    assert met(golden, "disturbed", fault="connection_reset", failures=1)
    assert not met(golden, "disturbed", fault="connection_reset", failures=2)


def test_a_cloud_that_stood_still_is_an_outage_of_no_mode() -> None:
    golden = site()
    golden.cut(["kinesis"], 1_000, 20_000, kind="cloud_pause")
    golden.uplink("kinesis", 1_500, 16_500, "failed")
    assert met(golden, "outages", lasting="18s")
    assert not met(golden, "outages", mode="silent")
