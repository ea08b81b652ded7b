"""What is going on, told by the witnesses' lines while they are written: backlog, links, rates, evictions.

Pure: lines in, state out. The live view, `status` and the triggers of a plan read it; the judges do not, they have the
whole history.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.fault.noop import Noop
from harness.fault.power_cut import PowerCut
from harness.fault.process_kill import ProcessKill
from harness.fault.process_restart import ProcessRestart
from harness.fault.registry import CUTS

Line = Mapping[str, Any]

RATE_WINDOW_MS = 5_000.0
REMEMBERED = 50_000
"""Messages that are recognised after all exporters went past them: longer than any request is on its way."""

_OVER_AT_ONCE = (ProcessKill.kind, ProcessRestart.kind, Noop.kind)

# Where a definition (as on the wire) keeps its exporters, and how each kind names its destination.
_DESTINATIONS = {
    "kinesis": ("kinesis", "kinesisStreamName"),
    "iotAnalytics": ("iotanalytics", "iotChannel"),
    "IotSitewise": ("iotsitewise", None),
}


class Numbers:
    """Sequence numbers, nearly all of them without a gap."""

    def __init__(self) -> None:
        self._behind = 0
        self._beyond: set[int] = set()

    def __contains__(self, number: int) -> bool:
        return number < self._behind or number in self._beyond

    def add(self, number: int) -> None:
        """One more."""
        self._beyond.add(number)
        while self._behind in self._beyond:
            self._beyond.remove(self._behind)
            self._behind += 1

    def count_as_there(self, before: int) -> None:
        """Those that are gone for good leave no gap."""
        if before > self._behind:
            self._behind = before
            self._beyond = {number for number in self._beyond if number >= before}


@dataclass(slots=True)
class ExporterState:
    """What has arrived of one exporter's stream.

    Attributes:
        service, target: its destination.
        delivered: highest sequence number that the cloud took, -1 before the first.
        arrivals: how many first copies the cloud took.
        refused: what the cloud saw and did not keep, until it arrives: some of a batch may be sent again after others.
        early: hashes that arrived before their append was told, since each witness has a file of its own.
    """

    stream: str
    identifier: str
    service: str
    target: str
    delivered: int = -1
    arrivals: int = 0
    seen: Numbers = field(default_factory=Numbers)
    refused: set[int] = field(default_factory=set)
    early: set[str] = field(default_factory=set)


@dataclass(slots=True)
class StreamState:
    """What was acknowledged of one stream, and the least that its limits must have evicted.

    Attributes:
        newest: highest acknowledged sequence number, -1 before the first.
        evicted: segments that are gone even if a record had no overhead at all.
        stored: bytes of those that are left.
        shift: how far numbers are counted on, since power cuts took messages.
        cut: whether a power cut was since the newest append.
    """

    name: str
    max_size: int = 268_435_456
    segment_size: int = 16_777_216
    overwrites: bool = True
    newest: int = -1
    appended: int = 0
    evicted: int = 0
    oldest: int = 0
    shift: int = 0
    cut: bool = False
    numbers: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    hashes: deque[tuple[int, str]] = field(default_factory=deque)
    segments: deque[tuple[int, int]] = field(default_factory=deque)
    stored: int = 0

    def counted_on(self, number: int) -> int:
        """A number as if no power cut had taken any, so that none is given twice."""
        if self.cut and number + self.shift <= self.newest:
            self.shift = self.newest + 1 - number
        self.cut = False
        return number + self.shift

    def append(self, number: int, payload_hash: str, size: int) -> None:
        """Take one acknowledged append."""
        self.newest = max(self.newest, number)
        self.appended += 1
        self.numbers[payload_hash].append(number)
        self.hashes.append((number, payload_hash))
        self._store(number, size)

    def forget(self, before: int) -> None:
        """Recognise no more what has a lower number: of a whole day it would be too much to remember."""
        while self.hashes and self.hashes[0][0] < before:
            number, payload_hash = self.hashes.popleft()
            known = self.numbers[payload_hash]
            known.remove(number)
            if not known:
                del self.numbers[payload_hash]

    def _store(self, number: int, size: int) -> None:
        while self.overwrites and self.segments and self.stored + size > self.max_size:
            self.stored -= self.segments.popleft()[1]
            self.evicted += 1
        if not self.segments or self.segments[-1][1] + size > self.segment_size:
            self.segments.append((number, 0))
        base, filled = self.segments[-1]
        self.segments[-1] = (base, filled + size)
        self.stored += size
        self.oldest = self.segments[0][0]


@dataclass(slots=True)
class Observer:
    """The state of a site, fed line by line.

    Attributes:
        streams, exporters: by name, and by (stream, identifier).
        in_flight: ids of the requests under way per service, as the uplink tap sees them.
        faults: the faults in force, by id.
        healed: how often the link of a service was healed.
        over: the faults that were in force, with their begin and end.
        failures: when a request or a connection to which service failed.
        ended: how often a process was made to end, by kind of fault and process.
        phase: of the run.
        at_ms: time of the newest line.
    """

    streams: dict[str, StreamState] = field(default_factory=dict)
    exporters: dict[tuple[str, str], ExporterState] = field(default_factory=dict)
    in_flight: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    faults: dict[str, Line] = field(default_factory=dict)
    healed: Counter[str] = field(default_factory=Counter)
    over: list[tuple[tuple[float, float], Line]] = field(default_factory=list)
    ended: Counter[tuple[str, str]] = field(default_factory=Counter)
    failures: list[tuple[float, str]] = field(default_factory=list)
    phase: str = "prepare"
    at_ms: float = 0.0
    _pending: dict[str, Line] = field(default_factory=dict)
    _puts: dict[str, Line] = field(default_factory=dict)
    _recent: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def take_all(self, lines: Iterable[Line]) -> None:
        """Take lines in the order in which they were written."""
        for line in lines:
            self.take(line)

    def take(self, line: Line) -> None:
        """Take one line of any witness; lines of no interest change nothing."""
        self.at_ms = max(self.at_ms, float(line.get("at", 0.0)))
        handler = _HANDLERS.get((str(line.get("witness")), str(line.get("kind"))))
        if handler is not None:
            handler(self, line)

    def backlog(self, exporter: ExporterState) -> int:
        """Messages that the exporter owes: acknowledged or still retained, and not arrived."""
        stream = self.streams.get(exporter.stream)
        if stream is None:
            return 0
        first = max(exporter.delivered + 1, stream.oldest)
        return max(0, stream.newest + 1 - first)

    def rate_hz(self, what: str) -> float:
        """Events per second over the last five seconds: `appended`, or `delivered` for all exporters."""
        return len(self._lately(what)) / (RATE_WINDOW_MS / 1000)

    def _lately(self, what: str) -> deque[float]:
        recent = self._recent[what]
        while recent and recent[0] < self.at_ms - RATE_WINDOW_MS:
            recent.popleft()
        return recent

    def _count(self, what: str, at_ms: float) -> None:
        # Nobody may ask for a day.
        self._lately(what).append(at_ms)

    def delivered_up_to(self, newest: Mapping[str, int]) -> bool:
        """Whether every exporter has delivered its stream up to the given sequence numbers."""
        return all(
            self.owes_nothing(exporter, newest.get(exporter.stream, -1))
            for exporter in self.exporters.values()
        )

    def owes_nothing(self, exporter: ExporterState, newest: int) -> bool:
        """Whether an exporter has delivered up to a sequence number, and nothing before it has to be sent again."""
        stream = self.streams.get(exporter.stream)
        oldest = stream.oldest if stream else 0
        return exporter.delivered >= newest and not any(
            oldest <= number <= newest for number in exporter.refused
        )

    def failed_between(self, begin_ms: float, end_ms: float, services: Iterable[str]) -> bool:
        """Whether anything on the way to one of these services failed between two moments."""
        wanted = {*services}
        return any(begin_ms <= at <= end_ms and to in wanted for at, to in self.failures)

    def down_ms(self, services: Iterable[str] | None = None) -> float:
        """How long links were down until now: all of these services at once, or any."""
        cuts = [(*span, line) for span, line in self._spans() if _cuts(line, services)]
        down, until = 0.0, 0.0
        for begin, end, _ in sorted(cuts, key=lambda cut: cut[0]):
            down += max(0.0, end - max(begin, until))
            until = max(until, end)
        return down

    def _spans(self) -> Iterable[tuple[tuple[float, float], Line]]:
        yield from self.over
        for line in self.faults.values():
            yield (float(line["at"]), self.at_ms), line

    # -- edge tap ------------------------------------------------------------------------------

    def _definition(self, line: Line) -> None:
        if line["type"] == "invoked":
            self._pending[line["id"]] = line
        elif (asked := self._pending.pop(line["id"], None)) and line["type"] == "ok":
            self._define(asked["definition"])

    def _define(self, definition: Mapping[str, Any]) -> None:
        name = definition["name"]
        stream = self.streams.setdefault(name, StreamState(name))
        stream.max_size = definition.get("maxSize") or stream.max_size
        stream.segment_size = definition.get("streamSegmentSize") or stream.segment_size
        stream.overwrites = definition.get("strategyOnFull") == 1
        exports = definition.get("exportDefinition") or {}
        for key, (service, target) in _DESTINATIONS.items():
            for config in exports.get(key) or []:
                exporter = ExporterState(
                    name, config["identifier"], service, config[target] if target else "*"
                )
                self.exporters.setdefault((name, config["identifier"]), exporter)

    def _append(self, line: Line) -> None:
        if line["type"] == "invoked":
            self._pending[line["id"]] = line
            return
        asked = self._pending.pop(line["id"], None)
        if asked is None or line["type"] != "ok":
            return
        stream = self.streams.setdefault(asked["stream"], StreamState(asked["stream"]))
        newest, payload_hash = stream.newest, asked["hash"]
        shift = stream.shift
        number = stream.counted_on(line["sequence_number"])
        if stream.shift != shift:
            self._excuse(stream, line["sequence_number"] + shift, newest)
        stream.append(number, payload_hash, asked["size"])
        self._count("appended", line["at"])
        if not stream.appended % REMEMBERED:
            self._forget(stream)
        for exporter in self.exporters.values():
            if exporter.stream == asked["stream"] and payload_hash in exporter.early:
                exporter.early.discard(payload_hash)
                self._arrive(exporter, number, line["at"])

    def _forget(self, stream: StreamState) -> None:
        exporters = [each for each in self.exporters.values() if each.stream == stream.name]
        for exporter in exporters:
            exporter.seen.count_as_there(stream.oldest)
        arrived = min((each.delivered for each in exporters), default=stream.newest)
        stream.forget(max(arrived, stream.oldest) - REMEMBERED)

    def _excuse(self, stream: StreamState, first: int, last: int) -> None:
        """A power cut took these messages: nobody owes them any more."""
        for exporter in self.exporters.values():
            if exporter.stream == stream.name:
                exporter.refused -= set(range(first, last + 1))

    def _delete(self, line: Line) -> None:
        """What comes under the name later is another stream."""
        if line["type"] == "invoked":
            self._pending[line["id"]] = line
        elif (asked := self._pending.pop(line["id"], None)) and line["type"] == "ok":
            self.streams.pop(asked["stream"], None)
            for key in [key for key in self.exporters if key[0] == asked["stream"]]:
                del self.exporters[key]

    # -- uplink and cloud tap ------------------------------------------------------------------

    def _request(self, line: Line) -> None:
        under_way = self.in_flight[line["service"]]
        if line["type"] == "invoked":
            under_way.add(line["id"])
        else:
            under_way.discard(line["id"])
            if line["type"] != "ok":
                self.failures.append((float(line["at"]), line["service"]))

    def _connection(self, line: Line) -> None:
        if line["type"] == "failed":
            self.failures.append((float(line["at"]), line["service"]))

    def _put(self, line: Line) -> None:
        if line["type"] == "invoked":
            self._puts[line["id"]] = line
            return
        sent = None if line["type"] == "note" else self._puts.pop(line["id"], None)
        if sent is None:
            return
        every = range(len(sent["hashes"]))
        refused = set(line.get("rejected") or () if line["type"] == "ok" else every)
        for exporter in self.exporters.values():
            if (exporter.service, exporter.target) == (sent["service"], sent["target"]):
                hashes = [(each, index in refused) for index, each in enumerate(sent["hashes"])]
                self._deliver(exporter, [h for h, not_kept in hashes if not not_kept], line["at"])
                self._refuse(exporter, [h for h, not_kept in hashes if not_kept])

    def _deliver(self, exporter: ExporterState, hashes: list[str], at_ms: float) -> None:
        numbers = self.streams[exporter.stream].numbers
        exporter.early.update(each for each in hashes if each not in numbers)
        for number in (n for h in hashes for n in numbers.get(h, ())):
            self._arrive(exporter, number, at_ms)

    def _refuse(self, exporter: ExporterState, hashes: list[str]) -> None:
        numbers = self.streams[exporter.stream].numbers
        sent = {number for each in hashes for number in numbers.get(each, ())}
        exporter.refused.update(number for number in sent if number not in exporter.seen)

    def _arrive(self, exporter: ExporterState, number: int, at_ms: float) -> None:
        if number in exporter.seen:
            return
        exporter.seen.add(number)
        exporter.refused.discard(number)
        exporter.arrivals += 1
        exporter.delivered = max(exporter.delivered, number)
        self._count("delivered", at_ms)

    # -- nemesis and harness -------------------------------------------------------------------

    def _fault(self, line: Line) -> None:
        if line["type"] != "ok":
            return
        if line.get("phase") == "heal":
            if (begun := self.faults.pop(line["id"], None)) is not None:
                self.over.append(((float(begun["at"]), float(line["at"])), begun))
            self.healed.update(line.get("services") or ())
            return
        fault = line.get("fault") or {}
        lasting = fault.get("kind", Noop.kind) not in _OVER_AT_ONCE
        if line.get("services") or lasting:
            self.faults[line["id"]] = line
            if fault.get("kind") == PowerCut.kind:
                self._lose_power()
        elif target := fault.get("target"):  # what is over at once is never in force
            self.ended[fault["kind"], target] += 1

    def _lose_power(self) -> None:
        for stream in self.streams.values():
            stream.cut = True

    def _phase(self, line: Line) -> None:
        self.phase = line["phase"]


def _cuts(line: Line, services: Iterable[str] | None) -> bool:
    """Whether a fault lets nothing through: to all of these services, or to any where none are given."""
    cuts = (line.get("fault") or {}).get("kind") in CUTS
    return cuts and (services is None or set(services) <= set(line["services"]))


_HANDLERS = {
    ("edge-tap", "create"): Observer._definition,
    ("edge-tap", "update"): Observer._definition,
    ("edge-tap", "append"): Observer._append,
    ("edge-tap", "delete"): Observer._delete,
    ("uplink-tap", "request"): Observer._request,
    ("uplink-tap", "connection"): Observer._connection,
    ("cloud-tap", "put"): Observer._put,
    ("nemesis", "fault"): Observer._fault,
    ("harness", "phase"): Observer._phase,
}
