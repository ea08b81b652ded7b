"""What became of the planned readings, by their identity `sensor/ordinal`: due, seen, acknowledged, delivered."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.checkers.once import once
from harness.history.history import History
from harness.history.operations import SITEWISE, Append, Exporter, Outcome, Put, SourceNote
from harness.plan.parts import Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """See the module. Times are milliseconds since the origin.

    Attributes:
        due: when each was intended.
        appended: when the edge tap saw it first, whatever came of it.
        acknowledged: when a client was told that it is stored.
        stored: those that are in a destination, at whatever exporter.
        delivered: by exporter: when the first copy that was kept arrived, None if the cloud tap did not see it.
        owed: the exporters that have to deliver it: all of the streams that it was appended to.
        claimed: how many of those that nobody saw the source says it has published.
    """

    due: Mapping[str, float]
    appended: Mapping[str, float]
    acknowledged: Mapping[str, float]
    stored: frozenset[str]
    delivered: Mapping[str, Mapping[str, float | None]]
    owed: Mapping[str, frozenset[str]]
    claimed: int

    def seen(self, reading: str) -> bool:
        """Whether there is any evidence that it was made."""
        return reading in self.appended or reading in self.stored

    def everywhere(self, reading: str) -> bool:
        """Whether every exporter that owes it has delivered it."""
        owed = self.owed.get(reading, frozenset())
        return bool(owed) and all(reading in self.delivered[each] for each in owed)


@once
def readings_of(history: History, workload: Workload, first_ms: float) -> Readings:
    """The readings that are due while the scenario runs, the first of them at `first_ms`."""
    due = {
        f"{sensor}/{ordinal}": first_ms + workload.intended_ms(ordinal)
        for ordinal in range(workload.readings_per_sensor)
        for sensor in workload.sensors
    }
    appends = [
        append
        for stream in history.streams.values()
        for append in stream.appends
        if append.reading in due
    ]
    carriers = {(append.stream, append.epoch) for append in appends}
    exporters = _still_there(
        [each for each in history.exporters if (each.stream, each.epoch) in carriers]
    )
    delivered: dict[str, dict[str, float | None]] = defaultdict(dict)
    for exporter in exporters:
        delivered[exporter.key] |= _delivered(history, exporter, due)
    appended = _first((append, append.invoked_ms) for append in appends)
    stored = frozenset(each.reading for each in history.records if each.reading in due)
    unseen = due.keys() - appended.keys() - stored
    return Readings(
        due=due,
        appended=appended,
        acknowledged=_first((each, each.ended_ms) for each in appends if each.number is not None),
        stored=frozenset(each for each in stored if each is not None),
        delivered=dict(delivered),
        owed=_owed(appends, exporters),
        claimed=_claimed(history, unseen),
    )


def _first(times: Iterable[tuple[Append, float | None]]) -> dict[str, float]:
    first: dict[str, float] = {}
    for append, at_ms in times:
        if append.reading is not None and at_ms is not None:
            first[append.reading] = min(at_ms, first.get(append.reading, at_ms))
    return first


def _still_there(exporters: list[Exporter]) -> list[Exporter]:
    """Those that were not removed, unless all of them were."""
    return [each for each in exporters if each.removed_ms is None] or exporters


def _owed(appends: Iterable[Append], exporters: Iterable[Exporter]) -> dict[str, frozenset[str]]:
    keys = defaultdict(set)
    for exporter in exporters:
        keys[exporter.stream, exporter.epoch].add(exporter.key)
    owed: dict[str, frozenset[str]] = {}
    for append in appends:
        if append.reading is not None:
            before = owed.get(append.reading, frozenset())
            owed[append.reading] = before | keys[append.stream, append.epoch]
    return owed


def _delivered(
    history: History, exporter: Exporter, due: Mapping[str, float]
) -> dict[str, float | None]:
    """The readings that are in the destination; as long as it was not read, those that it said it kept, too."""
    target = exporter.service, exporter.target
    kept = _kept(history.puts_to(*target))
    read = history.read_back.get(target)
    durable = {each.hash for each in history.records_in(*target)}
    # IoT SiteWise holds values and no messages, see `classes.copies_at`.
    told = read is not None and read.complete and exporter.service != SITEWISE
    hashes = durable if told else {*kept, *durable}
    return {
        append.reading: kept.get(append.hash)
        for append in history.stream_of(exporter).appends
        if append.reading in due and append.reading is not None and append.hash in hashes
    }


def _kept(puts: Sequence[Put]) -> dict[str, float]:
    """When the first copy of each message arrived that was kept, or of which nobody knows whether it was."""
    certain: dict[str, float] = {}
    possible: dict[str, float] = {}
    for put in puts:
        for place in put.kept():
            certain.setdefault(put.hashes[place], put.arrived_ms)
        if put.outcome is Outcome.UNKNOWN:
            for hash_ in put.hashes:
                possible.setdefault(hash_, put.arrived_ms)
    return possible | certain


def _claimed(history: History, unseen: Iterable[str]) -> int:
    """Readings that nobody saw, and that the source says it has made and published."""
    begun = max((each.next_ordinal for each in history.sources), default=0)
    made = sum(int(reading.rpartition("/")[2]) < begun for reading in unseen)
    seen = {append.reading for each in history.streams.values() for append in each.appends} - {None}
    published = sum(_lives(history.sources))
    return min(made, max(0, published - len(seen)))


def _lives(notes: Iterable[SourceNote]) -> Iterator[int]:
    """What each life of the source says it has published: it counts from 0 after a restart."""
    last = 0
    for note in notes:
        if note.published < last:
            yield last
        last = note.published
    yield last
