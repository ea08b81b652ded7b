"""The history of a run: all operations and observations, found by what they are about."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from harness.history.lines import Line, at_ms
from harness.history.operations import (
    LEAST_URGENT,
    Aggregate,
    Append,
    DurableRecord,
    Exporter,
    FaultWindow,
    Outcome,
    ProcessChange,
    Put,
    ReadBack,
    SourceNote,
    StreamHistory,
    UplinkOperation,
)
from harness.history.power import Cut, counted_on, power_cuts

WITNESSES = ("edge-tap", "uplink-tap", "cloud-tap", "cloud-reader", "nemesis", "harness")
"""Those whose lines a run needs to be judged."""

# The status with which a server says that it failed itself, and not that it refuses.
_UNKNOWN_FAILURE = 1

# Where a definition keeps its exporters: service, name of the target, default batch size. Messages for SiteWise name
# their properties themselves.
_EXPORTERS: Mapping[str, tuple[str, str | None, int]] = {
    "kinesis": ("kinesis", "kinesisStreamName", 500),
    "iotAnalytics": ("iotanalytics", "iotChannel", 100),
    "IotSitewise": ("iotsitewise", None, 10),
}


@dataclass(slots=True, kw_only=True)
class History:
    """See the module. Lists are in the order in which things began.

    Attributes:
        streams: by name and epoch.
        first_reading_ms: when ordinal 0 was due; None if the source was never started.
        phases: name and beginning.
        stalls: from when to when the harness did not run.
        never_fired: ids and reasons of the triggers that waited in vain.
        closed: witnesses that ended in order.
        misread: why the edge tap did not understand some of what passed it, so that there may be more than it tells.
        drain: the lines of the drain: `invoked`, then how it ended.
        page: what a browser saw of the site's page; None where none has looked.
        worked_out: what judges have found out so far, see `harness.checkers.once`.
    """

    run: Mapping[str, Any] = field(default_factory=dict)
    streams: dict[tuple[str, int], StreamHistory] = field(default_factory=dict)
    exporters: list[Exporter] = field(default_factory=list)
    puts: list[Put] = field(default_factory=list)
    records: list[DurableRecord] = field(default_factory=list)
    read_back: dict[tuple[str, str], ReadBack] = field(default_factory=dict)
    faults: list[FaultWindow] = field(default_factory=list)
    power_cuts: list[Cut] = field(default_factory=list)
    requests: list[UplinkOperation] = field(default_factory=list)
    connections: list[UplinkOperation] = field(default_factory=list)
    edge_closed_ms: list[float] = field(default_factory=list)
    processes: list[ProcessChange] = field(default_factory=list)
    sources: list[SourceNote] = field(default_factory=list)
    phases: list[tuple[str, float]] = field(default_factory=list)
    stalls: list[tuple[float, float]] = field(default_factory=list)
    never_fired: list[tuple[str, str]] = field(default_factory=list)
    backlog_at_heal: list[Line] = field(default_factory=list)
    drain: list[Line] = field(default_factory=list)
    closed: set[str] = field(default_factory=set)
    misread: list[str] = field(default_factory=list)
    page: Line | None = None
    first_reading_ms: float | None = None
    interrupted: str = ""
    ended_ms: float = 0.0
    worked_out: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, lines: Iterable[Line]) -> "History":
        """The history that these lines, in the order of their times, tell."""
        history = cls()
        _Reading(history).take(lines)
        return history

    # -- asking --------------------------------------------------------------------------------

    def stream_of(self, exporter: Exporter) -> StreamHistory:
        """The stream that an exporter drains."""
        return self.streams[exporter.stream, exporter.epoch]

    def puts_to(self, service: str, target: str) -> list[Put]:
        """The requests to keep messages in one destination, by arrival."""
        return [put for put in self.puts if (put.service, put.target) == (service, target)]

    def records_in(self, service: str, target: str) -> list[DurableRecord]:
        """What one destination durably holds, in its order."""
        return [each for each in self.records if (each.service, each.target) == (service, target)]

    def faults_on(self, service: str) -> list[FaultWindow]:
        """The faults that were done to the link of a service."""
        return [fault for fault in self.faults if service in fault.services]

    def cuts_on(self, service: str) -> list[FaultWindow]:
        """The faults that let nothing through to a service."""
        return [fault for fault in self.faults_on(service) if fault.cuts]

    def restarts(self, target: str) -> list[tuple[float, float | None]]:
        """When a process went, and when it was back (None: never)."""
        changes = [change for change in self.processes if change.target == target]
        return [
            (each.at_ms, next((c.at_ms for c in changes[i + 1 :] if c.state == "started"), None))
            for i, each in enumerate(changes)
            if each.state == "gone" and each.at_ms < self.edge_ends_ms
        ]

    @property
    def edge_ends_ms(self) -> float:
        """When the run began to end the edge: what goes after that was told to go."""
        return next((at for name, at in self.phases if name == "judge"), float("inf"))

    @property
    def last_heal_ms(self) -> float | None:
        """When the last fault on a link was healed."""
        healed = [f.heal_ms[1] for f in self.faults if f.services and f.heal_ms is not None]
        return max((at for at in healed if at is not None), default=None)


class _Reading:
    """Fills a history line by line."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._begun: dict[tuple[str, str, str], Line] = {}
        self._ended: dict[tuple[str, str, str], Line] = {}
        self._answered: dict[str, bool] = {}
        self._faults: dict[str, dict[str, Line]] = defaultdict(dict)
        self._deletions: dict[str, list[float]] = defaultdict(list)

    def take(self, lines: Iterable[Line]) -> None:
        """Take all lines, then pair what belongs together."""
        for line in lines:
            self._history.ended_ms = max(self._history.ended_ms, at_ms(line))
            self._sort(line)
        for key, line in self._begun.items():
            pair = _PAIRS.get((key[0], key[1]))
            if pair is not None:
                pair(self, line, self._ended.get(key))
        self._history.faults = [_fault(id_, parts) for id_, parts in self._faults.items()]
        self._history.power_cuts = power_cuts(self._history.faults)
        for (name, epoch), stream in self._history.streams.items():
            if self._history.power_cuts:
                stream.appends = counted_on(stream, self._history.power_cuts)
            if epoch < len(self._deletions[name]):
                self._history.exporters = [
                    _removed(each, self._deletions[name][epoch]) if _drains(each, stream) else each
                    for each in self._history.exporters
                ]

    def _sort(self, line: Line) -> None:
        witness, kind, type_ = str(line["witness"]), str(line["kind"]), str(line["type"])
        if kind == "closed":
            self._history.closed.add(witness)
            return
        if witness == "nemesis" and kind == "fault":
            self._faults[str(line["id"])][f"{line['phase']} {type_}"] = line
            return
        note = _NOTES.get((witness, kind))
        if note is not None and (type_ in ("note", "ok", "failed") or kind == "drain"):
            note(self, line)
        if type_ == "note" or "id" not in line:
            return
        key = (witness, kind, str(line["id"]))
        (self._begun if type_ == "invoked" else self._ended).setdefault(key, line)

    # -- operations ----------------------------------------------------------------------------

    def _definition(self, begun: Line, ended: Line | None) -> None:
        definition = begun.get("definition")
        if not isinstance(definition, Mapping) or (ended and ended["type"] == "failed"):
            return
        at = at_ms(ended) if ended else at_ms(begun)
        stream = self._stream(str(begun["stream"]), at)
        stream.definitions.append((at, definition))
        defined = {each.key: each for each in _exporters(stream, definition, at)}
        for old in [each for each in self._history.exporters if _drains(each, stream)]:
            new = defined.pop(old.key, None)
            self._history.exporters.remove(old)
            if new is not None:
                # It owes what it owed before its settings changed.
                self._history.exporters.append(replace(new, defined_ms=old.defined_ms))
            else:
                self._history.exporters.append(_removed(old, at))
        self._history.exporters += defined.values()

    def _stream(self, name: str, at: float) -> StreamHistory:
        epoch = sum(deleted <= at for deleted in self._deletions[name])
        key = (name, epoch)
        return self._history.streams.setdefault(key, StreamHistory(name=name, epoch=epoch))

    def _append(self, begun: Line, ended: Line | None) -> None:
        stream = self._stream(str(begun["stream"]), at_ms(begun))
        stream.appends.append(
            Append(
                id=str(begun["id"]),
                stream=stream.name,
                epoch=stream.epoch,
                hash=str(begun["hash"]),
                size=int(begun["size"]),
                reading=begun.get("reading"),
                is_entry=bool(begun.get("entry")),
                invoked_ms=at_ms(begun),
                ended_ms=at_ms(ended) if ended else None,
                outcome=_append_outcome(ended),
                number=ended.get("sequence_number") if ended else None,
                error=str(ended.get("error") or ended.get("reason") or "") if ended else "",
                aggregate=Aggregate(**begun["aggregate"]) if "aggregate" in begun else None,
            )
        )

    def _put(self, begun: Line, ended: Line | None) -> None:
        self._history.puts.append(
            Put(
                id=str(begun["id"]),
                service=str(begun["service"]),
                target=str(begun["target"]),
                hashes=tuple(begun["hashes"]),
                sizes=tuple(begun["sizes"]),
                arrived_ms=at_ms(begun),
                ended_ms=at_ms(ended) if ended else None,
                outcome=_outcome(ended),
                rejected=frozenset(ended.get("rejected") or ()) if ended else frozenset(),
                final=frozenset(ended.get("final") or ()) if ended else frozenset(),
                answered=self._answered.get(str(begun["id"])),
            )
        )

    def _request(self, begun: Line, ended: Line | None) -> None:
        self._history.requests.append(_uplink(begun, ended))

    def _connection(self, begun: Line, ended: Line | None) -> None:
        self._history.connections.append(_uplink(begun, ended))

    # -- observations --------------------------------------------------------------------------

    def _deleted(self, line: Line) -> None:
        begun = self._begun.get(("edge-tap", "delete", str(line.get("id"))))
        if line["type"] == "ok" and begun is not None:
            self._deletions[str(begun["stream"])].append(at_ms(line))

    def _frame(self, line: Line) -> None:
        self._history.misread.append(str(line.get("reason") or ""))

    def _edge_connection(self, line: Line) -> None:
        if line["type"] == "note" and line.get("closed_by") == "server":
            self._history.edge_closed_ms.append(at_ms(line))

    def _put_note(self, line: Line) -> None:
        if line["type"] == "note" and "answered" in line:
            self._answered[str(line["id"])] = bool(line["answered"])

    def _record(self, line: Line) -> None:
        self._history.records.append(
            DurableRecord(
                service=str(line["service"]),
                target=str(line["target"]),
                place=str(line["place"]),
                index=int(line["index"]),
                hash=str(line["hash"]),
                size=int(line["size"]),
                reading=line.get("reading"),
                arrived_wall_ms=line.get("arrived_ms"),
            )
        )

    def _pass(self, line: Line) -> None:
        service, target = str(line["service"]), str(line["target"])
        self._history.read_back[service, target] = ReadBack(
            service=service,
            target=target,
            complete=line["type"] == "ok",
            records=int(line.get("records") or 0),
            reason=str(line.get("reason") or ""),
        )

    def _trigger(self, line: Line) -> None:
        if line["type"] == "failed":
            self._history.never_fired.append((str(line["id"]), str(line.get("reason") or "")))

    def _harness(self, line: Line) -> None:
        history = self._history
        match line["kind"]:
            case "run":
                history.run = line
            case "phase":
                history.phases.append((str(line["phase"]), at_ms(line)))
            case "schedule":
                history.first_reading_ms = float(line["first_reading_ms"])
            case "stall":
                history.stalls.append((float(line["from_ms"]), float(line["to_ms"])))
            case "backlog":
                history.backlog_at_heal.append(line)
            case "drain":
                history.drain.append(line)
            case "page":
                history.page = line
            case "interrupted":
                history.interrupted = str(line.get("reason") or "interrupted")

    def _process(self, line: Line) -> None:
        self._history.processes.append(
            ProcessChange(
                at_ms=at_ms(line),
                target=str(line["target"]),
                state=str(line["state"]),
                pid=int(line["pid"]),
            )
        )

    def _source(self, line: Line) -> None:
        self._history.sources.append(
            SourceNote(
                at_ms=at_ms(line),
                published=int(line["published"]),
                failed=int(line["failed"]),
                next_ordinal=int(line["next_ordinal"]),
                enabled=bool(line["enabled"]),
            )
        )


def _outcome(ended: Line | None) -> Outcome:
    return Outcome.UNKNOWN if ended is None else Outcome(str(ended["type"]))


def _append_outcome(ended: Line | None) -> Outcome:
    """A server that reports a failure of its own does not say whether the message is stored."""
    if ended is not None and ended["type"] == "failed" and ended.get("status") == _UNKNOWN_FAILURE:
        return Outcome.UNKNOWN
    return _outcome(ended)


def _drains(exporter: Exporter, stream: StreamHistory) -> bool:
    return (exporter.stream, exporter.epoch) == (stream.name, stream.epoch)


def _removed(exporter: Exporter, at: float) -> Exporter:
    return exporter if exporter.removed_ms is not None else replace(exporter, removed_ms=at)


def _uplink(begun: Line, ended: Line | None) -> UplinkOperation:
    return UplinkOperation(
        id=str(begun["id"]),
        service=str(begun["service"]),
        invoked_ms=at_ms(begun),
        ended_ms=at_ms(ended) if ended else None,
        outcome=_outcome(ended),
    )


def _exporters(
    stream: StreamHistory, definition: Mapping[str, Any], at: float
) -> Iterable[Exporter]:
    exports = definition.get("exportDefinition") or {}
    for kind, (service, target, batch_size) in _EXPORTERS.items():
        for config in exports.get(kind) or ():
            if config.get("disabled"):
                continue
            yield Exporter(
                stream=stream.name,
                epoch=stream.epoch,
                identifier=str(config["identifier"]),
                service=service,
                target=str(config[target]) if target else "*",
                urgency=int(config.get("priority") or LEAST_URGENT),
                batch_size=min(batch_size, int(config.get("batchSize") or batch_size)),
                batch_interval_ms=config.get("batchIntervalMillis"),
                defined_ms=at,
            )


def _fault(id_: str, parts: Mapping[str, Line]) -> FaultWindow:
    first = next(iter(parts.values()))
    fault = first.get("fault") or {}
    failed = [part for name, part in parts.items() if name.endswith(" failed")]
    heal = parts.get("heal invoked")
    return FaultWindow(
        id=id_,
        name=str(first.get("name") or id_),
        kind=str(fault.get("kind") or ""),
        services=tuple(first.get("services") or ()),
        parameters={k: v for k, v in fault.items() if k not in ("kind", "services")},
        inject_ms=(at_ms(first), _at(parts.get("inject ok"))),
        heal_ms=None if heal is None else (at_ms(heal), _at(parts.get("heal ok"))),
        failed=str(failed[0].get("reason") or "failed") if failed else "",
    )


def _at(line: Line | None) -> float | None:
    return None if line is None else at_ms(line)


_Take = Callable[[_Reading, Line], None]

_PAIRS: Mapping[tuple[str, str], Callable[[_Reading, Line, Line | None], None]] = {
    ("edge-tap", "create"): _Reading._definition,
    ("edge-tap", "update"): _Reading._definition,
    ("edge-tap", "append"): _Reading._append,
    ("uplink-tap", "request"): _Reading._request,
    ("uplink-tap", "connection"): _Reading._connection,
    ("cloud-tap", "put"): _Reading._put,
}
_NOTES: Mapping[tuple[str, str], _Take] = {
    ("edge-tap", "delete"): _Reading._deleted,
    ("edge-tap", "connection"): _Reading._edge_connection,
    ("edge-tap", "frame"): _Reading._frame,
    ("cloud-tap", "put"): _Reading._put_note,
    ("cloud-reader", "record"): _Reading._record,
    ("cloud-reader", "pass"): _Reading._pass,
    ("nemesis", "trigger"): _Reading._trigger,
    ("harness", "process"): _Reading._process,
    ("harness", "source"): _Reading._source,
    **{
        ("harness", kind): _Reading._harness
        for kind in ("run", "phase", "schedule", "stall", "backlog", "drain", "page", "interrupted")
    },
}
