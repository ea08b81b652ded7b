"""Each condition, met and just not met."""

from collections.abc import Mapping
from typing import Any

import pytest

from harness.checkers.conditions import results
from harness.checkers.verdict import ConditionResult
from harness.history.history import History

from .golden import E, Golden, plan, site
from .telling import ExporterSpec

BOTH = ["kinesis", "iotanalytics"]
F = ExporterSpec(name="F", service="iotanalytics", target="C", batch_size=5)


def result(golden: Golden, name: str, **parameters: Any) -> ConditionResult:
    """What became of one condition; its parameters as a scenario has them."""
    wanted: Mapping[str, object] = {name: parameters}
    return results(golden.history(), plan(wanted))[0]


def met(golden: Golden, name: str, **parameters: Any) -> bool:
    return result(golden, name, **parameters).met


def outage(
    begin: float = 1_000,
    end: float = 31_000,
    services: list[str] | None = None,
    *,
    silent: bool = False,
    failed: tuple[str, ...] = ("kinesis",),
) -> Golden:
    """A cut, during which a connection to each of `failed` is refused."""
    return and_outage(site(), begin, end, services, silent=silent, failed=failed)


def and_outage(
    golden: Golden,
    begin: float,
    end: float,
    services: list[str] | None = None,
    *,
    silent: bool = False,
    failed: tuple[str, ...] = ("kinesis",),
) -> Golden:
    kind = "link_silent" if silent else "link_down"
    golden.cut(services or ["kinesis"], begin, end, kind=kind)
    for service in failed:
        golden.uplink(service, begin + 500, begin + 501, "failed", "connection")
    return golden


# -- outages -----------------------------------------------------------------------------------


def test_an_outage_during_which_a_connection_failed_took_effect() -> None:
    found = result(outage(), "outages")
    assert found.met
    assert "1 took effect" in found.evidence
    assert "1.00 s" in found.evidence


def test_an_outage_during_which_nothing_failed_does_not_count() -> None:
    found = result(outage(failed=()), "outages")
    assert not found.met
    assert "1 during which nothing failed do not count" in found.evidence


def test_a_failure_on_another_link_or_at_another_time_is_no_effect() -> None:
    golden = outage(failed=("iotanalytics",))
    golden.uplink("kinesis", 500, 700, "failed")
    golden.uplink("kinesis", 31_500, 31_700, "failed")
    golden.uplink("kinesis", 2_000, 2_100, "ok")
    assert not met(golden, "outages")


def test_a_request_that_a_silent_link_held_until_the_heal_is_an_effect() -> None:
    golden = outage(silent=True, failed=())
    golden.uplink("kinesis", 20_000, 31_003, "failed")
    assert met(golden, "outages", mode="silent")


def test_a_fault_that_could_not_be_done_is_no_outage() -> None:
    golden = site()
    golden.cut(["kinesis"], 1_000, None, failed="no such proxy")
    golden.uplink("kinesis", 1_500, 1_501, "failed")
    assert not met(golden, "outages")


def test_a_slow_link_is_no_outage() -> None:
    golden = site()
    golden.cut(["kinesis"], 1_000, 5_000, kind="latency")
    golden.uplink("kinesis", 1_500, 1_501, "failed")
    assert not met(golden, "outages")


def test_only_outages_of_the_asked_mode_count() -> None:
    assert met(outage(), "outages", mode="refused")
    assert not met(outage(), "outages", mode="silent")
    assert met(outage(silent=True), "outages", mode="silent")


def test_only_outages_that_cut_all_of_the_services_count() -> None:
    assert met(outage(services=BOTH), "outages", services=BOTH)
    assert met(outage(services=[*BOTH, "s3"]), "outages", services=BOTH)
    assert not met(outage(), "outages", services=BOTH)


def test_an_effect_on_another_link_than_those_asked_for_is_none() -> None:
    golden = outage(services=[*BOTH, "s3"], failed=("s3",))
    assert met(golden, "outages")
    assert not met(golden, "outages", services=BOTH)


def test_an_outage_lasted_as_long_as_it_was_certainly_in_force() -> None:
    assert met(outage(1_000, 31_000), "outages", lasting="30s")
    assert not met(outage(1_000, 30_999), "outages", lasting="30s")


def test_so_many_outages_as_are_asked_for() -> None:
    golden = and_outage(outage(), 50_000, 60_000)
    assert met(golden, "outages", at_least=2)
    assert not met(golden, "outages", at_least=3)


# -- requests in flight ------------------------------------------------------------------------


def test_an_outage_that_hit_a_request_on_its_way() -> None:
    golden = outage()
    golden.uplink("kinesis", 900, 1_010, "failed")
    assert met(golden, "requests_cut_in_flight", at_least=1)
    assert met(golden, "requests_cut_in_flight", at_least=1, service="kinesis")
    assert not met(golden, "requests_cut_in_flight", at_least=1, service="iotanalytics")
    assert not met(golden, "requests_cut_in_flight", at_least=2)


@pytest.mark.parametrize(
    ("begin", "end", "outcome", "kind"),
    [
        (900, 1_010, "ok", "request"),
        (900, 990, "failed", "request"),
        (1_100, 1_110, "failed", "request"),
        (900, 1_010, "failed", "connection"),
    ],
    ids=["that was answered", "that failed before", "that came later", "that was none"],
)
def test_an_outage_that_hit_no_request(begin: float, end: float, outcome: str, kind: str) -> None:
    golden = outage()
    golden.uplink("kinesis", begin, end, outcome, kind)
    assert not met(golden, "requests_cut_in_flight", at_least=1)


# -- time down and up --------------------------------------------------------------------------


def test_the_share_of_the_time_that_links_were_down() -> None:
    # The plan's last reading is due 59.95 s after the first.
    golden = and_outage(outage(1_000, 13_000), 40_000, 46_000)
    assert met(golden, "time_down", at_least="30%")
    assert not met(golden, "time_down", at_least="31%")


def test_time_down_is_counted_once_and_within_the_readings() -> None:
    golden = and_outage(outage(10_000, 20_000), 15_000, 22_000, BOTH)
    and_outage(golden, 55_000, 90_000)
    found = result(golden, "time_down", at_least="28%")
    assert found.met
    assert "28.3%" in found.evidence
    assert not met(golden, "time_down", at_least="29%")


def test_time_during_which_all_of_the_named_links_were_down() -> None:
    golden = and_outage(outage(10_000, 20_000), 15_000, 25_000, ["iotanalytics"], failed=BOTH[1:])
    assert met(golden, "time_down", at_least="8%", services=BOTH)
    assert not met(golden, "time_down", at_least="9%", services=BOTH)


def test_a_cut_that_nobody_noticed_is_no_time_down() -> None:
    assert not met(outage(failed=()), "time_down", at_least="1%")


def test_links_are_up_between_outages_as_long_as_no_cut_was_possible() -> None:
    # Healed by 31.002 s, and cut again from 35.998 s on.
    golden = and_outage(outage(), 36_000, 40_000)
    assert met(golden, "up_windows", longer_than="4.995s")
    assert not met(golden, "up_windows", longer_than="4.996s")


def test_each_time_between_outages_has_to_be_long_enough() -> None:
    golden = and_outage(and_outage(outage(), 50_000, 60_000), 61_000, 62_000)
    assert not met(golden, "up_windows", longer_than="5s")


def test_outages_that_overlap_have_no_time_between_them() -> None:
    golden = and_outage(and_outage(outage(), 20_000, 40_000), 50_000, 60_000)
    assert met(golden, "up_windows", longer_than="9s")


def test_one_outage_has_no_time_between() -> None:
    assert not met(outage(), "up_windows", longer_than="1s")


# -- heals -------------------------------------------------------------------------------------


def test_links_that_one_fault_cut_are_healed_at_once() -> None:
    assert met(outage(services=BOTH), "healed_together", services=BOTH)


def test_links_that_two_faults_cut_may_be_healed_at_once() -> None:
    golden = and_outage(outage(1_000, 31_000), 2_000, 31_400, ["iotanalytics"])
    assert met(golden, "healed_together", services=BOTH)
    assert not met(golden, "healed_together", services=BOTH, within="300ms")


def test_a_heal_that_takes_long_is_not_at_once() -> None:
    golden = site()
    golden.cut(BOTH, 1_000, 31_000, heal_took=900)
    assert not met(golden, "healed_together", services=BOTH)


def test_only_the_last_heal_counts() -> None:
    golden = and_outage(outage(services=BOTH), 40_000, 45_000, ["kinesis"])
    assert not met(golden, "healed_together", services=BOTH)


def test_links_that_were_never_down_at_once_are_not_healed_together() -> None:
    golden = and_outage(outage(1_000, 30_000), 30_100, 30_300, ["iotanalytics"])
    found = result(golden, "healed_together", services=BOTH)
    assert not found.met
    assert "never down at once" in found.evidence


def test_a_link_that_was_never_cut_was_not_healed() -> None:
    found = result(outage(), "healed_together", services=BOTH)
    assert not found.met
    assert "iotanalytics" in found.evidence


# -- backlog and segments ----------------------------------------------------------------------


def backlog() -> Golden:
    """Twenty messages, of which five had arrived at the heal at 31 s, and ten were acknowledged after it."""
    golden = outage(services=BOTH)
    golden.appends("S", range(20), at=2_000, every=100)
    golden.put("S/E", range(5), at=20_000)
    golden.appends("S", range(20, 30), at=32_000)
    golden.put("S/E", range(5, 10), at=33_000)
    return golden


def test_what_was_acknowledged_and_had_not_arrived_waited_at_the_heal() -> None:
    assert met(backlog(), "waiting_at_heal", stream="S", at_least=15)
    assert not met(backlog(), "waiting_at_heal", stream="S", at_least=16)


def test_what_was_sent_in_vain_waits_still() -> None:
    golden = backlog()
    golden.put("S/E", range(5, 10), at=21_000, outcome="failed")
    golden.put("S/E", range(10, 15), at=22_000, rejected=range(5))
    assert met(golden, "waiting_at_heal", stream="S", at_least=15)


def test_a_backlog_has_to_wait_for_each_exporter_or_for_the_named_one() -> None:
    golden = backlog()
    golden.stream("S", E, F, at=1_500, update=True)
    golden.put("S/F", range(15), at=19_000)
    assert not met(golden, "waiting_at_heal", stream="S", at_least=15)
    assert met(golden, "waiting_at_heal", stream="S", at_least=15, exporter="E")
    assert not met(golden, "waiting_at_heal", stream="S", at_least=6, exporter="F")
    assert not met(golden, "waiting_at_heal", stream="S", at_least=1, exporter="nobody")


def test_what_was_overwritten_waits_no_more() -> None:
    golden = site(max_size=1_000, segment_size=500)
    and_outage(golden, 1_000, 31_000)
    golden.appends("S", range(20), at=2_000)
    # Six at the most are left if a record takes 64 bytes besides its payload.
    assert met(golden, "waiting_at_heal", stream="S", at_least=5)
    assert not met(golden, "waiting_at_heal", stream="S", at_least=7)


def test_without_a_heal_nothing_waited_at_it() -> None:
    golden = site()
    golden.appends("S", range(20), at=2_000)
    assert not met(golden, "waiting_at_heal", stream="S", at_least=1)


def evicting(sent: range) -> Golden:
    """A stream of two segments of five messages without overhead: 0 to 4 went, then 5 to 9."""
    golden = site(max_size=1_000, segment_size=500)
    golden.appends("S", range(16), at=2_000, every=100)
    golden.put("S/E", sent, at=2_950)
    return golden


def test_segments_that_went_with_messages_that_had_not_arrived() -> None:
    assert met(evicting(range(0)), "segments_evicted", stream="S", at_least=2)
    assert not met(evicting(range(0)), "segments_evicted", stream="S", at_least=3)


def test_a_segment_that_had_arrived_went_without_a_loss() -> None:
    assert met(evicting(range(5)), "segments_evicted", stream="S", at_least=1)
    assert not met(evicting(range(5)), "segments_evicted", stream="S", at_least=2)
    assert met(evicting(range(4)), "segments_evicted", stream="S", at_least=2)


def test_a_stream_that_does_not_overwrite_evicts_nothing() -> None:
    golden = site(max_size=1_000, segment_size=500, overwrites=False)
    golden.appends("S", range(16), at=2_000)
    assert not met(golden, "segments_evicted", stream="S", at_least=1)


def test_all_of_a_stream_fits_into_one_segment_whatever_a_record_takes() -> None:
    def filled(segment_size: int) -> Golden:
        golden = site(segment_size=segment_size)
        golden.appends("S", range(9), at=0)
        golden.append("S", None, at=100, outcome="unknown", hash_="S/hole")
        golden.refused("S", "S/refused", at=200)
        return golden

    assert met(filled(1_640), "less_than_one_segment", stream="S")
    assert not met(filled(1_639), "less_than_one_segment", stream="S")
    assert not met(filled(1_640), "less_than_one_segment", stream="another")


# -- readings and processes --------------------------------------------------------------------


def readings(*ordinals: int) -> Golden:
    golden = site()
    for number, ordinal in enumerate(ordinals):
        reading = f"{plan().workload.sensors[0]}/{ordinal}"
        golden.append("S", number, at=ordinal * 50, reading=reading)
    return golden


def test_readings_that_anybody_saw_were_made() -> None:
    golden = readings(0, 1, 2, 100)
    assert met(golden, "readings_offered", at_least=4, lasting="5s")
    assert not met(golden, "readings_offered", at_least=5)
    assert not met(golden, "readings_offered", at_least=4, lasting="5.1s")


def test_readings_that_only_the_source_claims_are_told_as_a_claim() -> None:
    golden = readings(0, 1, 3)
    golden.source(6_000, published=4, next_ordinal=4)
    found = result(golden, "readings_offered", at_least=4)
    assert found.met
    assert "1 of them by the source's own claim" in found.evidence


def test_readings_that_were_not_planned_do_not_count() -> None:
    assert not met(readings(0, 5_000), "readings_offered", at_least=2)


def test_without_a_schedule_no_reading_was_due() -> None:
    golden = readings(0, 1)
    golden.first_reading_ms = None
    assert not met(golden, "readings_offered", at_least=1)


def test_a_process_was_killed_and_came_back() -> None:
    golden = site()
    golden.kill(1_000, 2_000)
    assert met(golden, "process_killed", target="stream_manager")
    assert not met(golden, "process_killed", target="stream_manager", at_least=2)
    assert not met(golden, "process_killed", target="core")


def test_a_process_that_died_of_itself_was_not_killed() -> None:
    golden = site()
    golden.restart(1_000, 2_000)
    assert not met(golden, "process_killed", target="stream_manager")


def test_a_process_that_went_long_after_did_not_go_because_of_the_kill() -> None:
    golden = site()
    golden.kill(1_000, 2_000, target="core")
    golden.lines = [line for line in golden.lines if line["kind"] != "process"]
    golden.line(30_000, "harness", "process", "note", target="core", state="gone", pid=1)
    golden.line(31_000, "harness", "process", "note", target="core", state="started", pid=2)
    assert not met(golden, "process_killed", target="core")


def test_a_process_that_stayed_dead_did_not_come_back() -> None:
    golden = site()
    golden.kill(1_000, 2_000)
    golden.lines = [line for line in golden.lines if line.get("state") != "started"]
    assert not met(golden, "process_killed", target="stream_manager")


def test_a_kill_during_an_outage_that_took_effect() -> None:
    wanted = {"target": "stream_manager", "during_outage": True}
    inside = outage()
    inside.kill(15_000, 16_000)
    assert met(inside, "process_killed", **wanted)
    outside = outage()
    outside.kill(40_000, 41_000)
    assert not met(outside, "process_killed", **wanted)
    unnoticed = outage(failed=())
    unnoticed.kill(15_000, 16_000)
    assert not met(unnoticed, "process_killed", **wanted)


# -- all of them -------------------------------------------------------------------------------


def test_a_condition_is_named_with_what_tells_it_from_others_of_its_kind() -> None:
    wanted = [{"outages": {"mode": mode, "lasting": "29s"}} for mode in ("refused", "silent")]
    names = [each.name for each in results(outage().history(), plan(*wanted))]
    assert len(set(names)) == 2
    assert names[0] == "outages (at_least: 1, mode: refused, lasting: 29s)"


EVERY: list[dict[str, Any]] = [
    {"outages": {}},
    {"waiting_at_heal": {"stream": "S", "at_least": 1}},
    {"segments_evicted": {"stream": "S", "at_least": 1}},
    {"less_than_one_segment": {"stream": "S"}},
    {"requests_cut_in_flight": {"at_least": 1}},
    {"time_down": {"at_least": "1%"}},
    {"up_windows": {"longer_than": "1s"}},
    {"readings_offered": {"at_least": 1}},
    {"process_killed": {"target": "core"}},
    {"healed_together": {"services": BOTH}},
]


def test_in_an_empty_history_nothing_has_happened() -> None:
    found = results(History(), plan(*EVERY))
    assert [each.met for each in found] == [False] * len(EVERY)
    assert all(each.evidence.endswith(".") for each in found)
