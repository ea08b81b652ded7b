"""The aggregator's windows: one aggregate per sensor and five seconds, also across a restart."""

import random

import pytest


@pytest.fixture
def windows(load):
    return load("stream_aggregator", "windows")


def reading(sensor, timestamp, *, temperature=80.0, hertz=1000.0):
    return {
        "sensor": sensor,
        "timestamp": timestamp,
        "temperature": temperature,
        "hertz": hertz,
    }


def aggregates_of(open_windows, numbered):
    return [each for number, one in numbered for each in open_windows.add(number, one)]


def twenty_hertz(seconds, sensors=("sensor-1",), start=1000.0):
    steps = [
        reading(sensor, start + step / 20)
        for step in range(int(seconds * 20))
        for sensor in sensors
    ]
    return list(enumerate(steps))


def test_an_aggregate_is_the_mean_of_its_window(windows):
    numbered = [
        (0, reading("s", 10.0, temperature=70.0, hertz=990.0)),
        (1, reading("s", 14.9, temperature=90.0, hertz=1010.0)),
        (2, reading("s", 15.0)),
    ]
    (aggregate,) = aggregates_of(windows.Windows(), numbered)
    assert aggregate == {
        "sensor": "s",
        "window_start": 10.0,
        "count": 2,
        "avg_temperature": 80.0,
        "avg_hertz": 1000.0,
        "timestamp": 14.9,
        "first_sequence_number": 0,
        "last_sequence_number": 1,
    }


@pytest.mark.parametrize("rate_hz", [0.5, 1, 20, 200])
def test_windows_are_five_seconds_of_reading_time_at_any_rate(windows, rate_hz):
    readings = [reading("s", 100 + step / rate_hz) for step in range(int(20 * rate_hz) + 1)]
    starts = [a["window_start"] for a in aggregates_of(windows.Windows(), enumerate(readings))]
    assert starts == [100, 105, 110, 115]


def test_each_sensor_has_windows_of_its_own(windows):
    found = aggregates_of(windows.Windows(), twenty_hertz(11, ("a", "b")))
    assert [(a["sensor"], a["window_start"], a["count"]) for a in found] == [
        ("a", 1000.0, 100),
        ("b", 1000.0, 100),
        ("a", 1005.0, 100),
        ("b", 1005.0, 100),
    ]


def test_a_sensor_that_fell_silent_does_not_keep_its_last_window(windows):
    numbered = [(0, reading("silent", 1000.0)), *[(n + 1, r) for n, r in twenty_hertz(11)]]
    found = aggregates_of(windows.Windows(), numbered)
    assert [a["sensor"] for a in found].count("silent") == 1


def test_a_clock_set_back_does_not_open_a_complete_window_again(windows):
    numbered = [(0, reading("s", 10.0)), (1, reading("s", 15.0)), (2, reading("s", 11.0))]
    found = aggregates_of(windows.Windows(), [*numbered, (3, reading("s", 20.0))])
    assert [(a["window_start"], a["count"]) for a in found] == [(10.0, 1), (15.0, 2)]


@pytest.mark.parametrize("seed", range(50))
def test_a_restart_anywhere_yields_the_same_aggregates(windows, seed):
    draw = random.Random(seed)
    sensors = [f"sensor-{n}" for n in range(draw.randint(1, 5))]
    numbered = [
        (number, one)
        for number, one in twenty_hertz(40, sensors)
        if one["sensor"] != "sensor-1" or not 1010 < one["timestamp"] < 1027
    ]
    whole = aggregates_of(windows.Windows(), numbered)
    cut = draw.randrange(len(numbered))
    before = aggregates_of(windows.Windows(), numbered[:cut])
    position, restarted = windows.resume(before)
    after = aggregates_of(restarted, [each for each in numbered if each[0] >= position])
    assert before + after == whole


def test_an_aggregator_without_a_past_begins_at_the_beginning(windows):
    position, _ = windows.resume([])
    assert position == 0
