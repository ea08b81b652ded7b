"""Aggregates: readings that are skipped, taken twice or miscounted."""

from typing import Any

from harness.checkers.aggregates import AggregatesChecker
from harness.checkers.verdict import Verdict
from harness.scenario.judges import AggregatesJudge

from .golden import Golden, is_invalid, is_unknown, is_valid, rule, site


def told(
    *spans: tuple[int, int], count: int | None = None, outcome: str = "ok", **stream: Any
) -> Golden:
    """Twenty readings, and aggregates over these numbers."""
    golden = site(**stream)
    for number in range(20):
        golden.append("S", number, at=number * 100, reading=f"sensor/{number}")
    golden.stream("A")
    for place, (first, last) in enumerate(spans):
        aggregate(golden, place, first, last, count=count, outcome=outcome)
    return golden


def aggregate(
    golden: Golden,
    place: int,
    first: int,
    last: int,
    *,
    count: int | None = None,
    outcome: str = "ok",
    sensor: str = "sensor",
    at: float | None = None,
) -> None:
    made = {"sensor": sensor, "first": first, "last": last, "count": count or last - first + 1}
    begun = {"stream": "A", "hash": f"A/{place}", "size": 100, "aggregate": made}
    at = 3_000 + place if at is None else at
    golden.operation("edge-tap", "append", at, at + 0.5, outcome, begun, {"sequence_number": place})


def verdict(golden: Golden) -> Verdict:
    return rule(AggregatesChecker(AggregatesJudge()), golden)


def test_windows_that_follow_each_other_are_valid() -> None:
    assert is_valid(verdict(told((0, 4), (5, 9), (10, 14))))


def test_a_window_that_is_not_there_is_missed() -> None:
    assert is_invalid(verdict(told((0, 4), (10, 14))), "skips 5 readings, from 5 to 9")


def test_the_first_readings_belong_to_the_first_window() -> None:
    assert is_invalid(verdict(told((5, 9), (10, 14))), "from 0 to 4")


def test_readings_that_were_taken_twice_are_told() -> None:
    assert is_invalid(verdict(told((0, 4), (3, 9))), "an earlier one has, to 4")


def test_a_window_whose_append_had_no_answer_may_come_again() -> None:
    golden = told((0, 4))
    aggregate(golden, 1, 5, 9, outcome="unknown")
    assert is_valid(verdict(golden))
    aggregate(golden, 2, 5, 9, outcome="unknown")
    assert is_valid(verdict(golden))


def test_a_window_whose_append_had_no_answer_may_come_again_and_be_told_of() -> None:
    golden = told((0, 4))
    aggregate(golden, 1, 5, 9, outcome="unknown")
    aggregate(golden, 2, 5, 9)
    assert is_valid(verdict(golden))
    aggregate(golden, 3, 5, 9)
    assert is_invalid(verdict(golden), "begins with what an earlier one has, to 9")


def test_a_window_that_was_refused_is_none() -> None:
    golden = told((0, 4))
    aggregate(golden, 1, 5, 9, outcome="failed")
    aggregate(golden, 2, 10, 14)
    assert is_invalid(verdict(golden), "from 5 to 9")


def test_a_count_has_to_be_that_of_its_readings() -> None:
    assert is_invalid(verdict(told((0, 4), (5, 9), count=4)), "counts 4 readings, of which 5")
    assert is_invalid(verdict(told((0, 4), (5, 9), count=6)), "counts 6 readings, of which 5")


def test_a_reading_without_an_answer_may_count() -> None:
    golden = told((0, 4), (5, 9), count=6)
    golden.append("S", None, at=50, outcome="unknown", hash_="lost", reading="sensor/99")
    assert is_valid(verdict(golden))


def test_a_reading_that_was_refused_does_not_count() -> None:
    golden = told((0, 4), (5, 9), count=6)
    golden.append("S", None, at=50, outcome="failed", hash_="lost", reading="sensor/99")
    assert is_invalid(verdict(golden), "counts 6 readings")


def test_readings_of_another_sensor_are_in_its_own_windows() -> None:
    golden = told((0, 4), (5, 9))
    golden.append("S", 20, at=2_500, reading="other/0")
    assert is_valid(verdict(golden))


def test_what_may_have_been_evicted_before_it_was_read_is_not_missed() -> None:
    full = {"max_size": 2_000, "segment_size": 400}
    assert is_valid(verdict(told((5, 9), (10, 14), **full)))
    assert is_invalid(verdict(told((5, 9), (10, 14), overwrites=False, **full)), "from 0 to 4")


def test_all_that_was_certainly_there_is_missed_beside_what_may_be_evicted() -> None:
    golden = told((0, 4), (13, 14), max_size=2_400, segment_size=400)
    assert is_invalid(verdict(golden), "skips 5 readings, from 8 to 12")


def test_what_may_have_been_evicted_in_the_midst_of_a_window_need_not_count() -> None:
    full = {"max_size": 2_400, "segment_size": 400}
    assert is_valid(verdict(told((0, 9), (10, 14), count=5, **full)))
    assert is_invalid(verdict(told((0, 9), (10, 14), count=5)), "counts 5 readings, of which 10")


def test_what_was_appended_without_an_answer_may_have_evicted_readings() -> None:
    full = {"max_size": 4_000, "segment_size": 400}
    golden = told((5, 9), (10, 14), **full)
    assert is_invalid(verdict(golden), "from 0 to 4")
    for number in range(10):
        name = f"lost/{number}"
        golden.append("S", None, at=2_500 + number, outcome="unknown", hash_=name)
    assert is_valid(verdict(golden))
    assert is_invalid(verdict(told((5, 9), (10, 14), overwrites=False, **full)), "from 0 to 4")


def test_what_may_have_been_too_old_is_not_missed() -> None:
    assert is_valid(verdict(told((5, 9), (10, 14), timeToLiveMillis=1_000)))


def test_without_the_edge_tap_nobody_is_accused() -> None:
    golden = told((0, 4), (10, 14))
    golden.silent.add("edge-tap")
    assert is_unknown(verdict(golden), "the witness edge-tap")


def test_readings_in_several_streams_leave_it_open() -> None:
    golden = told((0, 4), (10, 14))
    golden.stream("B")
    golden.append("B", 0, at=2_500, reading="sensor/0")
    assert is_unknown(verdict(golden), "are in 2 streams")


def test_a_sensor_that_is_unclear_excuses_no_other() -> None:
    golden = told((0, 4), (10, 14))
    aggregate(golden, 2, 0, 4, sensor="of nobody")
    assert is_invalid(verdict(golden), "from 5 to 9")


# -- power cuts --------------------------------------------------------------------------------


def powerless(**streams: Any) -> Golden:
    """Readings and a window shortly before a power cut; what was made of it comes again."""
    golden = told((0, 4), **streams)
    aggregate(golden, 1, 5, 9)
    golden.cut([], 4_000, 5_000, kind="power_cut")
    aggregate(golden, 2, 5, 9, at=8_000)
    return golden


FLUSHED = {"flushOnWrite": True}


def test_a_window_that_a_power_cut_may_have_taken_may_come_again() -> None:
    assert is_valid(verdict(powerless(**FLUSHED)))
    flushed = powerless(**FLUSHED)
    flushed.stream("A", update=True, **FLUSHED)
    assert is_invalid(verdict(flushed), "an earlier one has, to 9")


def test_readings_whose_numbers_may_have_been_given_again_leave_it_open() -> None:
    golden = powerless()
    for number in range(10, 20):
        golden.append("S", number, at=9_000 + number, hash_=f"new/{number}", reading="sensor/99")
    aggregate(golden, 3, 10, 19, at=9_500)
    aggregate(golden, 4, 12, 14, at=9_600)
    assert is_unknown(verdict(golden), "a power cut may have taken readings of sensor")


def test_few_aggregates_prove_nothing() -> None:
    assert is_unknown(verdict(told((0, 4))), "at least 2 aggregates are needed")
