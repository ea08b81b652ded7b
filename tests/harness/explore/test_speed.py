"""The simulator's speed is measured on a run that is judged, and told with where it goes."""

from dataclasses import replace
from itertools import count

from harness.explore.attempt import quiet
from harness.explore.speed import OTHERS, SETTINGS, Speed, best, measure, part_of, shared
from harness.explore.speed_page import page

RUN = Speed(rate_hz=20, sensors=1, virtual_s=300.0, cpu_s=3.0, longest_s=3.6)


def test_a_run_is_measured_by_the_clock_that_is_given() -> None:
    ticks = count(10)
    with quiet():
        speed = measure(1, 1, 2, lambda: float(next(ticks)))
    assert speed.cpu_s == 1.0
    assert speed.virtual_s >= 120


def test_cost_and_speed_are_of_virtual_time() -> None:
    assert RUN.factor == 100
    assert RUN.reading_us == 500


def test_time_is_shared_out_by_parts_of_the_code() -> None:
    times = [("/x/harness/taps/edge.py", 1.0), ("/x/system/a.py", 3.0), ("~", 4.0)]
    assert shared(times) == [(OTHERS, 0.5), (part_of("/system/"), 0.375), ("witnesses", 0.125)]


def test_of_several_runs_the_quickest_counts_and_the_slowest_is_told() -> None:
    assert best([replace(RUN, cpu_s=cpu_s, longest_s=cpu_s) for cpu_s in (3.2, 3.0, 3.6)]) == RUN


def test_a_run_that_two_tables_show_is_the_same_in_both() -> None:
    assert len(set(SETTINGS)) == len(SETTINGS)
    assert {(5, 1), (20, 1), (5, 4)} <= set(SETTINGS)
    runs = [replace(RUN, rate_hz=rate, sensors=sensors) for rate, sensors in SETTINGS]
    rows = [line for line in page(runs, [], 5).splitlines() if line.startswith("| 1 | 5 |")]
    assert len(rows) == 2
    assert len(set(rows)) == 1


def test_the_page_tells_how_long_a_day_takes() -> None:
    text = page([RUN], [("witnesses", 0.125)], 5)
    assert "| 1 | 20 | 300 | 3.0 | 100 | 500 | +20% |" in text
    assert "a day at 20/s takes 864 s" in text
    assert "| witnesses | 12% |" in text
