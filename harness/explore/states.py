"""Which states a run has reached: what an exporter may find around it when it has to decide.

A state is told from outside, by the lines of the history, and in coarse steps, so that two of them differ where a
program may take another way: the links, how full a stream is of what waits, how urgent that is, what is under way, how
many segments the oldest of it lies back, and how the last request ended.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from harness.fault.registry import CUTS
from harness.run.observer import ExporterState, Observer

Line = Mapping[str, Any]

JUDGED = ("kinesis", "iotanalytics")
"""The services whose links count: those that exporters deliver to."""

DECILES = 10
AGES = (0, 1, 3)
"""Segments that the oldest message lies back, the last of each class; more are the last class."""

IN_FLIGHT_MAX = 3


class State(NamedTuple):
    """One of them; each field is a small number or a word.

    Attributes:
        links: of each service of JUDGED: `u` up, `d` disturbed, `c` cut.
        fill: tenths of its size that wait in the fullest stream.
        urgent: 0 nothing waits, 1 only what has no priority, 2 what is urgent.
        in_flight: requests under way, at most IN_FLIGHT_MAX.
        age: class of AGES.
        error: how the last request or connection ended that failed, and whether it was the last of all.
    """

    links: str
    fill: int
    urgent: int
    in_flight: int
    age: int
    error: str

    def code(self) -> str:
        """The state as one word."""
        return f"{self.links}{self.fill}{self.urgent}{self.in_flight}{self.age}{self.error}"


def states(lines: Iterable[Line]) -> set[str]:
    """The codes of all states that a run has reached."""
    return {state.code() for state in _states(lines)}


def _states(lines: Iterable[Line]) -> Iterator[State]:
    observer, error = Observer(), "-"
    for line in lines:
        observer.take(line)
        if line["witness"] in ("uplink-tap", "nemesis"):
            error = _error(line, error)
            yield _state(observer, error)


ENDINGS = {
    "Connection refused": "r",
    "closed by cloud side": "c",
    "closed by edge side": "t",
}
"""Letters of how a request failed: refused, closed by the cloud's side, given up by the edge."""


def _error(line: Line, before: str) -> str:
    """The letter of the last failure, small once something has succeeded since."""
    if line["type"] == "failed" and "service" in line:
        return ENDINGS.get(str(line.get("reason")), "o").upper()
    return before.lower() if line["type"] == "ok" and line["kind"] == "request" else before


def _state(observer: Observer, error: str) -> State:
    waiting = [each for each in observer.exporters.values() if observer.backlog(each)]
    return State(
        links="".join(_link(observer, service) for service in JUDGED),
        fill=max((_fill(observer, each) for each in waiting), default=0),
        urgent=_urgent(waiting),
        in_flight=min(IN_FLIGHT_MAX, sum(len(observer.in_flight[each]) for each in JUDGED)),
        age=max((_age(observer, each) for each in waiting), default=0),
        error=error,
    )


def _link(observer: Observer, service: str) -> str:
    kinds = {
        line["fault"]["kind"] for line in observer.faults.values() if service in line["services"]
    }
    return "c" if kinds & CUTS else "d" if kinds else "u"


def _fill(observer: Observer, exporter: ExporterState) -> int:
    stream = observer.streams[exporter.stream]
    held = [(base, size) for base, size in stream.segments if base > exporter.delivered]
    waiting = sum(size for _, size in held)
    return min(DECILES - 1, waiting * DECILES // stream.max_size)


def _age(observer: Observer, exporter: ExporterState) -> int:
    stream = observer.streams[exporter.stream]
    behind = sum(1 for base, _ in stream.segments if base > exporter.delivered + 1)
    return next((place for place, most in enumerate(AGES) if behind <= most), len(AGES))


def _urgent(waiting: Iterable[ExporterState]) -> int:
    return max((2 if each.stream == AGGREGATES else 1 for each in waiting), default=0)


AGGREGATES = "AggregateDataStream"
