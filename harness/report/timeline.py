"""What a run's pictures show, as numbers: pure, seconds since the first reading across.

A series is two lists of equal length: times and values. Values hold until the next time.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from harness.checkers.matching import arrivals
from harness.checkers.segments import explain
from harness.fault.registry import CUTS
from harness.history.history import History
from harness.history.operations import Exporter, Outcome, StreamHistory

POINTS_MAX = 1500
RATE_WINDOW_S = 2.0


@dataclass(frozen=True, slots=True)
class Series:
    """Values over time.

    Attributes:
        times_s: ascending.
        values: each holds from its time on.
    """

    times_s: Sequence[float]
    values: Sequence[float]

    def at(self, time_s: float, before: float = float("nan")) -> float:
        """The value at a time; `before` where the series has not begun."""
        index = bisect_right(self.times_s, time_s) - 1
        return self.values[index] if index >= 0 else before

    def thinned(self, most: int = POINTS_MAX) -> "Series":
        """At most `most` points: more than a picture has columns show nothing.

        First and last are among them, and the highest and lowest of each part, so that no peak is lost.
        """
        count = len(self.times_s)
        if count <= most:
            return self
        size = -(-count // max(1, (most - 2) // 2))
        kept = {0, count - 1}
        for begin in range(0, count, size):
            part = range(begin, min(begin + size, count))
            kept |= {min(part, key=self.values.__getitem__), max(part, key=self.values.__getitem__)}
        return Series(
            [self.times_s[i] for i in sorted(kept)], [self.values[i] for i in sorted(kept)]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A fault as pictures shade it."""

    name: str
    kind: str
    services: tuple[str, ...]
    begin_s: float
    end_s: float

    @property
    def cuts(self) -> bool:
        """Whether nothing gets through while it is in force."""
        return self.kind in CUTS


@dataclass(frozen=True, slots=True, kw_only=True)
class ExporterTimeline:
    """One exporter over time.

    Attributes:
        delivered: highest sequence number that the cloud had taken.
        backlog: messages acknowledged, still retained, and not taken yet.
    """

    exporter: Exporter
    delivered: Series
    backlog: Series


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamTimeline:
    """One stream over time.

    Attributes:
        appended: highest acknowledged sequence number.
        oldest: lowest sequence number that was still retained.
    """

    stream: StreamHistory
    appended: Series
    oldest: Series
    exporters: Sequence[ExporterTimeline]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """A run over time.

    Attributes:
        windows: faults, those over at once with equal begin and end.
        rates: events per second: `appended`, and `delivered` for all exporters together.
    """

    begin_s: float
    end_s: float
    streams: Sequence[StreamTimeline]
    windows: Sequence[Window]
    restarts_s: Sequence[tuple[str, float]]
    rates: dict[str, Series] = field(default_factory=dict)


def timeline(history: History, record_overhead: int) -> Timeline:
    """The timeline of a run.

    Args:
        record_overhead: bytes that the server needs for a record besides its payload, as far as it is known.
    """
    origin_ms = history.first_reading_ms or 0.0
    end_ms = _end_ms(history)
    streams = [
        _stream(history, stream, origin_ms, record_overhead)
        for stream in history.streams.values()
        if any(append.number is not None for append in stream.appends)
    ]
    return Timeline(
        begin_s=min(0.0, _first_ms(history, origin_ms) - origin_ms) / 1000,
        end_s=(end_ms - origin_ms) / 1000,
        streams=streams,
        windows=[*_windows(history, origin_ms, end_ms)],
        restarts_s=_restarts(history, origin_ms),
        rates=_rates(history, origin_ms),
    )


def most_waiting(run: Timeline) -> int:
    """The longest line that any exporter had."""
    lines = [each.backlog.values for stream in run.streams for each in stream.exporters]
    return int(max((max(values, default=0) for values in lines), default=0))


def _first_ms(history: History, otherwise: float) -> float:
    began = [stream.appends[0].invoked_ms for stream in history.streams.values() if stream.appends]
    return min(began, default=otherwise)


def _end_ms(history: History) -> float:
    """When the edge was told to end, or the last that came after that: a server that ends in order still delivers."""
    if history.edge_ends_ms == float("inf"):
        return history.ended_ms
    appends = [each.ended_ms for stream in history.streams.values() for each in stream.appends]
    late = [*appends, *(put.ended_ms for put in history.puts)]
    return max(history.edge_ends_ms, *(at for at in late if at is not None), 0.0)


def _windows(history: History, origin_ms: float, end_ms: float) -> Iterator[Window]:
    """The faults that were in force, each as long as it certainly was."""
    for fault in history.faults:
        if fault.certain_ms is None:
            continue
        begin, healed = fault.certain_ms
        unhealed = fault.heal_ms is not None and fault.heal_ms[1] is None
        end = end_ms if unhealed else min(healed, end_ms)
        yield Window(
            name=fault.name,
            kind=fault.kind,
            services=fault.services,
            begin_s=(begin - origin_ms) / 1000,
            end_s=((end if fault.heal_ms or fault.services else begin) - origin_ms) / 1000,
        )


def _restarts(history: History, origin_ms: float) -> list[tuple[str, float]]:
    targets = dict.fromkeys(change.target for change in history.processes)
    return [
        (target, (gone - origin_ms) / 1000)
        for target in targets
        for gone, _ in history.restarts(target)
    ]


def _stream(
    history: History, stream: StreamHistory, origin_ms: float, record_overhead: int
) -> StreamTimeline:
    points = sorted(
        (append.ended_ms, append.number)
        for append in stream.appends
        if append.number is not None and append.ended_ms is not None
    )
    appended = _highest(points, origin_ms)
    oldest = _oldest(stream, origin_ms, record_overhead)
    exporters = [
        _exporter(history, exporter, origin_ms, appended, oldest)
        for exporter in history.exporters
        if (exporter.stream, exporter.epoch) == (stream.name, stream.epoch)
    ]
    return StreamTimeline(stream=stream, appended=appended, oldest=oldest, exporters=exporters)


def _highest(points: Iterable[tuple[float, int]], origin_ms: float) -> Series:
    """The highest number so far, whenever that is a new one."""
    reached: dict[float, float] = {}
    highest = -1
    for at, number in points:
        if number > highest:
            highest = number
            reached[(at - origin_ms) / 1000] = float(number)
    return Series([*reached], [*reached.values()])


def _oldest(stream: StreamHistory, origin_ms: float, record_overhead: int) -> Series:
    model = explain(stream, record_overhead)
    points = sorted(
        (eviction.ended_ms, number + 1)
        for number, eviction in model.evictions.items()
        if eviction.ended_ms is not None
    )
    series = _highest(points, origin_ms)
    begin = (stream.appends[0].invoked_ms - origin_ms) / 1000
    return Series([begin, *series.times_s], [0.0, *series.values])


def _exporter(
    history: History, exporter: Exporter, origin_ms: float, appended: Series, oldest: Series
) -> ExporterTimeline:
    points = sorted(
        (arrival.put.ended_ms, arrival.number)
        for arrival in arrivals(history, exporter)
        if arrival.number is not None
        and arrival.kept is Outcome.OK
        and arrival.put.ended_ms is not None
    )
    delivered = _highest(points, origin_ms)
    return ExporterTimeline(
        exporter=exporter,
        delivered=delivered,
        backlog=_backlog(appended, delivered, oldest),
    )


def _backlog(appended: Series, delivered: Series, oldest: Series) -> Series:
    times = sorted({*appended.times_s, *delivered.times_s, *oldest.times_s})
    values = [
        max(0.0, appended.at(t, -1.0) + 1 - max(delivered.at(t, -1.0) + 1, oldest.at(t, 0.0)))
        for t in times
    ]
    return Series(times, values)


def overwritten(
    oldest: Series, delivered: Series, end_s: float
) -> tuple[list[float], list[float], list[float]]:
    """The area of what was gone before it was delivered: times, and from which to below which sequence number.

    Its corners are those of steps; where nothing was gone both numbers are equal.
    """
    times = sorted({*oldest.times_s, *delivered.times_s, end_s})
    low = [delivered.at(each, -1.0) + 1 for each in times]
    high = [max(oldest.at(each, 0.0), owed) for each, owed in zip(times, low, strict=True)]
    corners = [at for at in times for _ in range(2)][1:]
    return (
        corners,
        [number for number in low for _ in range(2)][:-1],
        [number for number in high for _ in range(2)][:-1],
    )


def _rates(history: History, origin_ms: float) -> dict[str, Series]:
    appended = [
        append.ended_ms
        for stream in history.streams.values()
        for append in stream.appends
        if append.number is not None and append.ended_ms is not None
    ]
    delivered = [
        put.ended_ms for put in history.puts for _ in put.kept() if put.ended_ms is not None
    ]
    return {
        "appended": _rate(appended, origin_ms),
        "delivered": _rate(delivered, origin_ms),
    }


def _rate(events_ms: list[float], origin_ms: float) -> Series:
    """Events per second in windows of RATE_WINDOW_S, empty ones included."""
    if not events_ms:
        return Series([], [])
    counts: dict[int, int] = {}
    for at in events_ms:
        window = int((at - origin_ms) // (RATE_WINDOW_S * 1000))
        counts[window] = counts.get(window, 0) + 1
    windows = range(min(counts), max(counts) + 2)
    return Series(
        [window * RATE_WINDOW_S for window in windows],
        [counts.get(window, 0) / RATE_WINDOW_S for window in windows],
    )
