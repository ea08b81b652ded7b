"""What the page takes from the aggregator's answers."""

import requests

from system.dashboard.feed import Feed, points_of


def answer(**sensors: float) -> dict[str, object]:
    values = {
        name: {"timestamp": at, "avg_temperature": 80.0, "avg_hertz": 1000.0}
        for name, at in sensors.items()
    }
    return {"avg_temperature": 80.0, "avg_hertz": 1000.0, "timestamp": 1.0, "sensors": values}


def test_null_values_are_no_points() -> None:
    empty = {"avg_temperature": None, "avg_hertz": None, "timestamp": None, "sensors": {}}
    assert points_of(empty) == []


def test_an_answer_without_sensors_is_one_line() -> None:
    (point,) = points_of({"avg_temperature": 79.5, "avg_hertz": 1001.0, "timestamp": 12.0})
    assert (point.sensor, point.temperature, point.hertz) == ("all", 79.5, 1001.0)


def test_each_sensor_is_a_point_in_order_of_time() -> None:
    assert [point.sensor for point in points_of(answer(b=1.0, a=2.0))] == ["b", "a"]


def test_a_point_that_was_seen_is_not_taken_again() -> None:
    feed = Feed(lambda: answer(a=1.0))
    feed.poll()
    feed.poll()
    assert len(feed.points) == 1


def test_a_reader_gets_each_point_once() -> None:
    answers = iter([answer(a=1.0), answer(a=2.0)])
    feed = Feed(lambda: next(answers))
    feed.poll()
    seen, first = feed.since(0)
    feed.poll()
    _, second = feed.since(seen)
    assert [[p.timestamp for p in points] for points in (first, second)] == [[1.0], [2.0]]


def test_a_reader_that_comes_late_gets_what_is_kept() -> None:
    times = iter(range(10_000))
    feed = Feed(lambda: answer(a=float(next(times))))
    for _ in range(1000):
        feed.poll()
    total, points = feed.since(0)
    assert (total, len(points), points[-1].timestamp) == (1000, 600, 999.0)


def test_an_aggregator_that_is_away_is_a_problem_and_not_the_end() -> None:
    def away() -> dict[str, object]:
        raise requests.ConnectionError("refused")

    feed = Feed(away)
    feed.poll()
    assert "does not answer" in feed.problem
    feed.fetch = lambda: answer(a=1.0)
    feed.poll()
    assert feed.problem == ""
    assert len(feed.points) == 1
