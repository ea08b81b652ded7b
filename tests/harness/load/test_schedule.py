from hypothesis import given
from hypothesis import strategies as st

from harness.load.schedule import LoadUser, Schedule, Share, sensor_names
from harness.load.shape import Shape


def schedule(sensors: int, duration_ms: int = 1_000) -> Schedule:
    return Schedule(
        sensors=sensor_names(LoadUser.APPENDER, sensors),
        rate_hz=20.0,
        shape=Shape(),
        duration_ms=duration_ms,
    )


def test_all_sensors_have_a_reading_when_one_is_due() -> None:
    two = schedule(sensors=2)

    first = [two.reading(number) for number in range(4)]
    assert [(each.sensor, each.ordinal, each.due_ms) for each in first] == [
        ("appender-1", 0, 0),
        ("appender-2", 0, 0),
        ("appender-1", 1, 50),
        ("appender-2", 1, 50),
    ]
    assert len(two) == 40


@given(sensors=st.integers(1, 5), workers=st.integers(1, 7), duration_ms=st.integers(0, 2_000))
def test_workers_share_the_readings_without_two_having_one(
    sensors: int, workers: int, duration_ms: int
) -> None:
    whole = schedule(sensors, duration_ms)
    shares = [Share(index, workers) for index in range(workers)]

    carried = [
        (reading.sensor, reading.ordinal) for share in shares for reading in share.readings(whole)
    ]

    assert len(carried) == len(set(carried)) == len(whole)
    assert sum(share.size(whole) for share in shares) == len(whole)


def test_a_schedule_counts_what_was_due_until_a_moment() -> None:
    assert schedule(sensors=2).due_before(500) == 20
    assert schedule(sensors=2).due_before(float("inf")) == 40
    assert schedule(sensors=2).due_before(-1) == 0


def test_the_sensors_of_a_load_are_none_of_the_site() -> None:
    assert sensor_names(LoadUser.DEVICE, 2) == ("device-1", "device-2")
    assert sensor_names(LoadUser.APPENDER, 1) == ("appender-1",)
