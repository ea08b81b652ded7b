"""Lines of a history, told by hand: complete, so that whoever changes nothing gets a run that counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.history.history import WITNESSES, History
from harness.history.lines import Line, merge

_SECTION = {
    "kinesis": ("kinesis", "kinesisStreamName"),
    "iotanalytics": ("iotAnalytics", "iotChannel"),
    # Its messages name their properties themselves; a definition has no such field.
    "iotsitewise": ("IotSitewise", "unnamed"),
}


@dataclass(frozen=True, kw_only=True)
class ExporterSpec:
    """An exporter as a definition has it."""

    name: str
    service: str
    target: str
    batch_size: int
    priority: int | None = None
    interval_ms: int | None = None

    def definition(self) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "identifier": self.name,
            _SECTION[self.service][1]: self.target,
            "batchSize": self.batch_size,
            "priority": self.priority,
            "batchIntervalMillis": self.interval_ms,
        }
        return {key: value for key, value in fields.items() if value is not None}


@dataclass
class Telling:
    """Collects lines in any order; `history` puts them in theirs.

    Attributes:
        silent: witnesses that do not end in order.
        read: whether the destinations were read completely.
        forgets: hashes that a destination does not hold although it said it kept them.
    """

    lines: list[dict[str, Any]] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)
    read: bool = True
    forgets: set[str] = field(default_factory=set)
    first_reading_ms: float | None = 0.0
    _made: int = 0
    _exporters: dict[str, ExporterSpec] = field(default_factory=dict)

    def line(self, at: float, witness: str, kind: str, type_: str, **fields: Any) -> None:
        self.lines.append({"at": at, "witness": witness, "kind": kind, "type": type_, **fields})

    def operation(
        self,
        witness: str,
        kind: str,
        at: float,
        end: float | None,
        outcome: str,
        begun: dict[str, Any],
        ended: dict[str, Any] | None = None,
    ) -> str:
        """Both lines of an operation; without an end the first alone. Returns its id."""
        self._made += 1
        id_ = str(self._made)
        self.line(at, witness, kind, "invoked", id=id_, **begun)
        if end is not None:
            self.line(end, witness, kind, outcome, id=id_, **(ended or {}))
        return id_

    # -- the edge ------------------------------------------------------------------------------

    def stream(
        self,
        name: str,
        *exporters: ExporterSpec,
        max_size: int = 268_435_456,
        segment_size: int = 16_777_216,
        overwrites: bool = True,
        at: float = -1000.0,
        update: bool = False,
        **more: Any,
    ) -> None:
        export: dict[str, list[Any]] = {}
        for each in exporters:
            export.setdefault(_SECTION[each.service][0], []).append(each.definition())
            self._exporters[f"{name}/{each.name}"] = each
        definition = {
            "name": name,
            "maxSize": max_size,
            "streamSegmentSize": segment_size,
            "strategyOnFull": int(overwrites),
            "exportDefinition": export,
            **more,
        }
        begun = {"stream": name, "definition": definition}
        kind = "update" if update else "create"
        self.operation("edge-tap", kind, at - 1, at, "ok", begun)

    def append(
        self,
        stream: str,
        number: int | None,
        *,
        at: float,
        took: float | None = 1.0,
        size: int = 100,
        outcome: str = "ok",
        hash_: str | None = None,
        reading: str | None = None,
    ) -> None:
        """An append; `number` names its message also where the client was not told."""
        begun = {"stream": stream, "hash": hash_ or f"{stream}/{number}", "size": size}
        if reading is not None:
            begun["reading"] = reading
        ended = {"sequence_number": number} if outcome == "ok" else {"reason": "it was not told"}
        self.operation(
            "edge-tap", "append", at, None if took is None else at + took, outcome, begun, ended
        )

    def restart(self, at: float, back: float) -> None:
        self.line(at, "edge-tap", "connection", "note", id="c", closed_by="server", up=0, down=0)
        self.line(
            at + 1, "harness", "process", "note", target="stream_manager", state="gone", pid=1
        )
        self.line(
            back, "harness", "process", "note", target="stream_manager", state="started", pid=2
        )

    # -- the way and the cloud -----------------------------------------------------------------

    def put(
        self,
        exporter: str,
        numbers: Sequence[int],
        *,
        at: float,
        took: float | None = 5.0,
        outcome: str = "ok",
        rejected: Sequence[int] = (),
        final: Sequence[int] = (),
        answered: bool = True,
        hashes: Sequence[str] | None = None,
    ) -> None:
        """A request of `stream/exporter` with the messages of these numbers."""
        spec = self._exporters[exporter]
        stream = exporter.partition("/")[0]
        hashes = list(hashes or (f"{stream}/{number}" for number in numbers))
        begun = {
            "service": spec.service,
            "operation": "Put",
            "target": spec.target,
            "hashes": hashes,
            "sizes": [100] * len(hashes),
            "bytes": 100 * len(hashes),
        }
        end = None if took is None else at + took
        ended = {"status": 200, "rejected": list(rejected)} if outcome == "ok" else {"status": 500}
        ended |= {"final": list(final)} if final else {}
        id_ = self.operation("cloud-tap", "put", at, end, outcome, begun, ended)
        if end is not None:
            self.line(end, "cloud-tap", "put", "note", id=id_, answered=answered)

    def uplink(
        self, service: str, at: float, end: float | None, outcome: str, kind: str = "request"
    ) -> None:
        self.operation("uplink-tap", kind, at, end, outcome, {"service": service})

    def cut(
        self,
        services: Sequence[str],
        at: float,
        until: float | None,
        *,
        kind: str = "link_down",
        parameters: Mapping[str, str] | None = None,
        heal_took: float = 2.0,
        failed: str = "",
        name: str = "",
    ) -> None:
        self._made += 1
        fault = {"kind": kind, "services": list(services), **(parameters or {})}
        fields = {
            "id": name or f"f{self._made}",
            "name": "a cut",
            "fault": fault,
            "services": list(services),
        }
        tell = lambda when, type_, phase, **more: self.line(  # noqa: E731
            when, "nemesis", "fault", type_, phase=phase, **fields, **more
        )
        tell(at - 2, "invoked", "inject", planned_ms=at)
        if failed:
            tell(at, "failed", "inject", reason=failed)
            return
        tell(at, "ok", "inject")
        if until is not None:
            tell(until, "invoked", "heal")
            tell(until + heal_took, "ok", "heal")

    def pause(self, at: float, until: float, target: str = "stream_manager") -> None:
        """The nemesis has a process stand still."""
        self._made += 1
        fault = {"kind": "process_pause", "target": target}
        told = {"id": f"f{self._made}", "name": "a pause", "fault": fault, "services": []}
        for when, phase in ((at, "inject"), (until, "heal")):
            self.line(when - 1, "nemesis", "fault", "invoked", phase=phase, **told)
            self.line(when, "nemesis", "fault", "ok", phase=phase, **told)

    # -- the harness ---------------------------------------------------------------------------

    def stall(self, begin: float, end: float) -> None:
        self.line(end, "harness", "stall", "note", from_ms=begin, to_ms=end)

    def source(self, at: float, published: int, next_ordinal: int, failed: int = 0) -> None:
        self.line(
            at,
            "harness",
            "source",
            "note",
            published=published,
            failed=failed,
            next_ordinal=next_ordinal,
            enabled=True,
        )

    def history(self) -> History:
        """The history of all that was told."""
        return History.of(self.merged())

    def merged(self) -> list[Line]:
        """All lines in the order of their times."""
        end = max((each["at"] for each in self.lines), default=0.0) + 1000.0
        lines = [*self.lines, *self._frame(end), *self._read_back(end + 10)]
        by_witness = [
            [each for each in lines if each["witness"] == witness] for witness in WITNESSES
        ]
        return list(merge(by_witness))

    def _frame(self, end: float) -> list[Line]:
        frame: list[Line] = [
            {"at": -2000.0, "witness": "harness", "kind": "run", "type": "note", "seed": 1}
        ]
        for phase, at in (("prepare", -2000.0), ("steady", 0.0), ("judge", end)):
            note = {"witness": "harness", "kind": "phase", "type": "note"}
            frame.append({"at": at, **note, "phase": phase})
        if self.first_reading_ms is not None:
            note = {"witness": "harness", "kind": "schedule", "type": "note"}
            frame.append({"at": -1500.0, **note, "first_reading_ms": self.first_reading_ms})
        closed = {"at": end + 100, "kind": "closed", "type": "note"}
        frame += [{**closed, "witness": each} for each in WITNESSES if each not in self.silent]
        return frame

    def _read_back(self, at: float) -> list[Line]:
        """What the destinations hold: all that they said they keep, in the order of arrival."""
        kept = []
        readings = {
            each["hash"]: each.get("reading")
            for each in self.lines
            if each["kind"] == "append" and "hash" in each
        }
        ended = {each["id"]: each for each in self.lines if each["type"] in ("ok", "failed")}
        for each in sorted(self.lines, key=lambda line: line["at"]):
            end = ended.get(each.get("id"))
            if each["kind"] != "put" or each["type"] != "invoked" or end is None:
                continue
            if end["type"] == "ok":
                kept += [
                    (each["service"], each["target"], hash_)
                    for place, hash_ in enumerate(each["hashes"])
                    if place not in end["rejected"] and hash_ not in self.forgets
                ]
        note = {"at": at, "witness": "cloud-reader"}
        lines: list[Line] = [
            {
                **note,
                "kind": "record",
                "type": "note",
                "service": service,
                "target": target,
                "place": str(index),
                "index": index,
                "hash": hash_,
                "size": 100,
                "reading": readings.get(hash_),
            }
            for index, (service, target, hash_) in enumerate(kept)
        ]
        for spec in {(each.service, each.target) for each in self._exporters.values()}:
            read = {"service": spec[0], "target": spec[1], "id": "/".join(spec)}
            type_ = "ok" if self.read else "failed"
            lines.append({**note, "kind": "pass", "type": type_, "reason": "cut off", **read})
        return lines
