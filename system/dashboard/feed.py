"""What the page shows: the aggregates seen so far, polled from the aggregator's HTTP API."""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

# Ten minutes of one sensor at one aggregate in five seconds; with many sensors the page shows less of the past.
POINTS_MAX = 600
FETCH_TIMEOUT_S = 3

Fetch = Callable[[], Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One aggregate as the page draws it."""

    sensor: str
    timestamp: float
    temperature: float
    hertz: float

    def as_json(self) -> dict[str, float | str]:
        """The point as an event of `/chart-data`: epoch seconds, degrees Fahrenheit, hertz."""
        return {
            "sensor": self.sensor,
            "timestamp": self.timestamp,
            "temperature": self.temperature,
            "hertz": self.hertz,
        }


def points_of(answer: Mapping[str, Any]) -> list[Point]:
    """The points in one answer of `/api/v1/aggregate`; none while its values are still null.

    An answer without sensors (the original aggregator's) is one sensor's, called `all`.
    """
    sensors = answer.get("sensors") or ({"all": answer} if answer.get("timestamp") else {})
    found = []
    for name, values in sensors.items():
        numbers = [values.get(key) for key in ("timestamp", "avg_temperature", "avg_hertz")]
        if all(isinstance(number, int | float) for number in numbers):
            timestamp, temperature, hertz = (float(number) for number in numbers)
            found.append(
                Point(sensor=name, timestamp=timestamp, temperature=temperature, hertz=hertz)
            )
    return sorted(found, key=lambda point: (point.timestamp, point.sensor))


@dataclass
class Feed:
    """The points so far and the state of the source.

    Args:
        fetch: asks the aggregator once; raises `requests.RequestException` or ValueError when it has no answer.
    """

    fetch: Fetch
    points: deque[Point] = field(default_factory=lambda: deque(maxlen=POINTS_MAX))
    problem: str = ""
    _newest: dict[str, float] = field(default_factory=dict)
    _total: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def poll(self) -> None:
        """Ask once and take in what is new."""
        try:
            fresh = points_of(self.fetch())
            problem = ""
        except (requests.RequestException, ValueError) as error:
            fresh, problem = [], f"the aggregator does not answer: {type(error).__name__}"
        with self._changed:
            self.problem = problem
            for point in fresh:
                self._take(point)
            self._changed.notify_all()

    def _take(self, point: Point) -> None:
        if point.timestamp > self._newest.get(point.sensor, float("-inf")):
            self._newest[point.sensor] = point.timestamp
            self.points.append(point)
            self._total += 1

    def since(self, seen: int) -> tuple[int, list[Point]]:
        """The points after the first `seen` ones, with the new count to ask with next time."""
        with self._changed:
            missing = min(self._total - seen, len(self.points))
            return self._total, list(self.points)[len(self.points) - missing :] if missing else []

    def wait(self, seconds: float) -> None:
        """Wait for the next poll, at most `seconds`."""
        with self._changed:
            self._changed.wait(seconds)

    def run(self, interval_s: float, stop: threading.Event) -> None:
        """Poll every `interval_s` until `stop` is set."""
        while not stop.is_set():
            self.poll()
            stop.wait(interval_s)


def http_fetch(url: str) -> Fetch:
    """Asks the aggregator's API at `url`."""

    def fetch() -> Mapping[str, Any]:
        answer = requests.get(url, timeout=FETCH_TIMEOUT_S)
        answer.raise_for_status()
        body = answer.json()
        if not isinstance(body, dict):
            raise ValueError(f"{url} answered no JSON object")
        return body

    return fetch
