"""The sensor source: what is due when, and what survives a restart."""

import json

import pytest


@pytest.fixture
def schedule(load):
    return load("sensor_source", "schedule")


@pytest.fixture
def readings(load):
    return load("sensor_source", "readings")


def enabled(schedule, **changes):
    return schedule.Schedule(rate_hz=20, started=0).enable(100.0, **changes)


def test_nothing_is_due_before_the_start(schedule):
    assert list(enabled(schedule).due(99.9)) == []


def test_reading_k_is_due_k_periods_after_the_start(schedule):
    assert list(enabled(schedule).due(100.0)) == [0]
    assert enabled(schedule).due_at(6) == pytest.approx(100.3)


def test_a_late_source_catches_up_and_skips_nothing(schedule):
    late = enabled(schedule).made(0)
    assert list(late.due(100.5)) == list(range(1, 11))


def test_a_count_ends_the_series(schedule):
    limited = enabled(schedule, count=3)
    assert list(limited.due(200.0)) == [0, 1, 2]
    assert limited.made(2).finished()
    assert limited.made(2).next_due_at() is None


def test_a_disabled_source_has_nothing_due(schedule):
    assert list(enabled(schedule).disable().due(200.0)) == []


def test_ordinals_go_on_after_a_pause(schedule):
    paused = enabled(schedule).made(41).disable().enable(500.0)
    assert list(paused.due(500.0)) == [42]


def test_a_restarted_source_goes_on_at_the_reading_that_is_due_next(schedule, tmp_path):
    file = tmp_path / "schedule.json"
    schedule.store(file, enabled(schedule))
    resumed = schedule.load(file, 20).resumed(102.02)
    assert resumed.next_ordinal == 41
    assert resumed.next_due_at() == pytest.approx(102.05)


def test_a_schedule_of_another_rate_keeps_only_its_ordinals(schedule, tmp_path):
    file = tmp_path / "schedule.json"
    schedule.store(file, enabled(schedule).made(7))
    other = schedule.load(file, 10)
    assert other.next_ordinal == 8
    assert not other.enabled


def test_a_torn_schedule_file_is_no_schedule(schedule, tmp_path):
    file = tmp_path / "schedule.json"
    file.write_text('{"rate_hz": 2')
    assert schedule.load(file, 20) is None


def test_a_reading_says_who_made_it_and_which_it_is(readings):
    fields = json.loads(readings.reading("sensor-2", 7, 1700000000.123456))
    assert set(fields) == {"sensor", "ordinal", "hertz", "temperature", "timestamp"}
    assert (fields["sensor"], fields["ordinal"]) == ("sensor-2", 7)
    assert fields["timestamp"] == 1700000000.1235


def test_equal_seeds_give_equal_values_and_others_differ(readings):
    first = readings.reading("sensor-1", 3, 5.0, seed="a")
    assert first == readings.reading("sensor-1", 3, 5.0, seed="a")
    assert first != readings.reading("sensor-1", 3, 5.0, seed="b")


def test_a_reading_is_padded_to_the_byte(readings):
    assert len(readings.reading("sensor-1", 3, 5.0, size_bytes=512)) == 512


def test_a_size_smaller_than_the_reading_changes_nothing(readings):
    plain = readings.reading("sensor-1", 3, 5.0)
    assert readings.reading("sensor-1", 3, 5.0, size_bytes=20) == plain
