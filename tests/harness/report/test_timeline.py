"""What the pictures show, as numbers."""

from itertools import pairwise

import pytest

from harness.report.timeline import Series, Timeline, Window, overwritten, timeline

from .conftest import Told, an_outage


def run_of(told: Told, record_overhead: int = 0) -> Timeline:
    return timeline(told.history(), record_overhead)


# -- series ----------------------------------------------------------------------------------------


def test_a_value_holds_until_the_next() -> None:
    series = Series([1.0, 3.0], [10.0, 30.0])
    assert [series.at(t, before=0.0) for t in (0.9, 1.0, 2.9, 3.0, 99.0)] == [0, 10, 10, 30, 30]


def test_few_points_are_left_as_they_are() -> None:
    series = Series([float(n) for n in range(10)], [0.0] * 10)
    assert series.thinned(10) is series


@pytest.mark.parametrize("count", [11, 1000, 12345])
@pytest.mark.parametrize("most", [10, 150])
def test_of_many_points_the_ends_and_every_peak_are_kept(count: int, most: int) -> None:
    values = [0.0] * count
    values[count // 3], values[count // 2] = 99.0, -99.0
    thin = Series([float(n) for n in range(count)], values).thinned(most)
    assert len(thin.times_s) == len(thin.values) <= max(most, 2)
    assert (thin.times_s[0], thin.times_s[-1]) == (0, count - 1)
    assert all(early < late for early, late in pairwise(thin.times_s))
    if count > most:
        assert {99.0, -99.0} <= {*thin.values}


# -- lines -----------------------------------------------------------------------------------------


def test_appended_and_delivered_climb_as_the_taps_saw_it(told: Told) -> None:
    (stream,) = run_of(an_outage(told)).streams
    (exporter,) = stream.exporters
    assert stream.appended.at(1.0) == 20
    assert exporter.delivered.at(1.0) == 19
    assert exporter.delivered.at(5.9) == exporter.delivered.at(2.0) == 39
    assert exporter.delivered.values[-1] == stream.appended.values[-1] == 199


def test_what_waits_is_what_was_appended_and_has_not_arrived(told: Told) -> None:
    (stream,) = run_of(an_outage(told)).streams
    backlog = stream.exporters[0].backlog
    assert backlog.at(1.0) == 1
    assert backlog.at(5.0) == 61
    assert backlog.values[-1] == 0


def test_a_put_that_failed_or_whose_end_nobody_saw_delivers_nothing(told: Told) -> None:
    told.stream("S", "kinesis")
    told.append("S", 0, at_s=1)
    told.put("S", "kinesis", [0], 2, ending="failed")
    told.put("S", "kinesis", [0], 3, ending="unknown")
    (stream,) = run_of(told).streams
    assert stream.exporters[0].delivered == Series([], [])


def test_a_stream_without_an_acknowledged_message_is_not_shown(told: Told) -> None:
    told.stream("S", "kinesis")
    assert run_of(told).streams == []


def test_what_a_full_stream_has_evicted_is_retained_no_more(told: Told) -> None:
    told.stream("S", "kinesis", maxSize=1000, streamSegmentSize=200, strategyOnFull=1)
    for number in range(12):
        told.append("S", number, at_s=number)
    (stream,) = run_of(told).streams
    assert [stream.oldest.at(t, 0.0) for t in (9.0, 10.0, 11.0)] == [0, 2, 2]
    backlog = stream.exporters[0].backlog
    assert backlog.at(9.0) == 10
    assert backlog.at(10.0) == 9, "what is gone does not wait"


def test_a_record_that_needs_more_than_its_payload_is_evicted_earlier(told: Told) -> None:
    told.stream("S", "kinesis", maxSize=1000, streamSegmentSize=250, strategyOnFull=1)
    for number in range(12):
        told.append("S", number, at_s=number)
    first_gone = [run_of(told, overhead).streams[0].oldest.times_s[1] for overhead in (0, 25)]
    assert first_gone == [10, 8]


def test_rates_count_windows_of_two_seconds(told: Told) -> None:
    rates = run_of(an_outage(told)).rates
    assert [rates["appended"].at(t) for t in (0.0, 5.0, 9.9)] == [20, 20, 20]
    assert rates["delivered"].at(3.0) == pytest.approx(5)
    assert rates["delivered"].at(4.5) == 0


# -- the area of what was overwritten --------------------------------------------------------------


def test_the_overwritten_area_lies_between_delivered_and_oldest_retained() -> None:
    oldest = Series([0.0, 4.0, 6.0], [0.0, 10.0, 20.0])
    delivered = Series([1.0, 7.0], [4.0, 25.0])
    times, low, high = overwritten(oldest, delivered, end_s=9.0)
    assert times == [0, 1, 1, 4, 4, 6, 6, 7, 7, 9, 9]
    assert low == [0, 0, 5, 5, 5, 5, 5, 5, 26, 26, 26]
    assert high == [0, 0, 5, 5, 10, 10, 20, 20, 26, 26, 26]


def test_what_never_arrives_is_overwritten_until_the_end() -> None:
    oldest = Series([0.0, 4.0], [0.0, 10.0])
    times, low, high = overwritten(oldest, Series([], []), end_s=9.0)
    assert (times[-1], low[-1], high[-1]) == (9, 0, 10)


# -- windows ---------------------------------------------------------------------------------------


def windows_of(told: Told) -> list[tuple[str, float, float]]:
    return [(each.name, each.begin_s, each.end_s) for each in run_of(told).windows]


def test_a_fault_is_shaded_while_it_certainly_was_in_force(told: Told) -> None:
    told.fault("link_down", ["kinesis"], 2, 6)
    assert windows_of(told) == [("outage", 2, 6)]


def test_a_fault_that_was_never_healed_is_shaded_to_the_end(told: Told) -> None:
    told.fault("link_down", ["kinesis"], 2)
    told.fault("link_silent", ["s3"], 3, 5, ending="failed", name="stuck")
    assert windows_of(told) == [("outage", 2, 60), ("stuck", 3, 60)]


def test_a_kill_is_a_moment(told: Told) -> None:
    told.fault("process_kill", [], 2, name="kill", target="stream_manager")
    assert windows_of(told) == [("kill", 2, 2)]


def test_a_fault_that_was_never_injected_is_not_shaded(told: Told) -> None:
    told.fault("link_down", ["kinesis"], 2, 6)
    told.lines = [line for line in told.lines if (line["phase"], line["type"]) != ("inject", "ok")]
    assert windows_of(told) == []


@pytest.mark.parametrize(
    ("kind", "cuts"), [("link_down", True), ("link_silent", True), ("latency", False)]
)
def test_a_cut_lets_nothing_through(kind: str, cuts: bool) -> None:
    window = Window(name="", kind=kind, services=("kinesis",), begin_s=0, end_s=1)
    assert window.cuts is cuts


def test_a_process_that_came_back_was_gone_and_one_that_was_told_to_end_was_not(told: Told) -> None:
    told.restart(5, 6)
    told.restart(61, 62)
    assert run_of(told).restarts_s == [("stream_manager", 5)]


# -- begin and end ---------------------------------------------------------------------------------


def test_a_run_lasts_until_the_edge_is_told_to_end(told: Told) -> None:
    run = run_of(an_outage(told))
    assert (run.begin_s, run.end_s) == (0, 10)


def test_what_is_still_delivered_then_is_shown_as_well(told: Told) -> None:
    told.stream("S", "kinesis")
    told.append("S", 0, at_s=59)
    told.put("S", "kinesis", [0], 62)
    assert run_of(told).end_s == 62


def test_a_run_that_was_broken_off_lasts_until_its_last_line(told: Told) -> None:
    told.append("S", 0, at_s=7)
    told.lines.append({"at": 9_000, "witness": "harness", "kind": "interrupted", "type": "note"})
    lines = [line for line in told.complete() if line.get("phase") != "judge"]
    history = type(told.history()).of(lines)
    assert timeline(history, 0).end_s == 61, "when the witnesses wrote their last lines"
