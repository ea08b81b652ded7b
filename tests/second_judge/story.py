"""What a history says, read from `docs/reference/history.md` alone: appends, exporters, requests, what is held, faults.

Standard library only, and nothing of the harness: a misreading is not shared.
"""

import json
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from pathlib import Path

if __package__:
    from .compact import lines_of
    from .faults import HOLDING, NEVER, Fault, cuts_among, lose_power
else:
    from compact import lines_of
    from faults import HOLDING, NEVER, Fault, cuts_among, lose_power

WITNESSES = {"edge-tap", "uplink-tap", "cloud-tap", "cloud-reader", "nemesis", "harness"}
NO_PRIORITY = 11
UNITS = {"ms": 1.0, "s": 1000.0, "m": 60_000.0, "h": 3_600_000.0}
MISSED_WITHIN_MS = 5_000.0
SAME_MS = 20.0
SITEWISE = "iotsitewise"


def milliseconds(text):
    """A duration such as `20ms`."""
    unit = text.lstrip("0123456789.")
    return float(text[: -len(unit)]) * UNITS[unit]


@dataclass(eq=False)
class Append:
    """One message: when it was asked for, what came of it."""

    hash: str
    size: int
    asked: float
    reading: str | None
    aggregate: dict | None = None
    outcome: str = "unknown"
    done: float = NEVER
    number: int | None = None
    unsynced: bool = False
    entry: bool = False


@dataclass(eq=False)
class Put:
    """One request to a destination, and the places of what was refused."""

    service: str
    target: str
    hashes: list
    at: float
    end: str = "unknown"
    ended: float = NEVER
    refused: frozenset = frozenset()
    final: frozenset = frozenset()
    told: bool = False

    def kept(self, place):
        """True, False, or None where nobody knows."""
        return {"ok": place not in self.refused, "failed": False}.get(self.end)


@dataclass(eq=False)
class Stream:
    """One epoch of a stream."""

    name: str
    definition: dict
    since: float
    until: float = NEVER
    appends: list = field(default_factory=list)
    definitions: list = field(default_factory=list)

    def defined_at(self, at):
        """The definition in force at a moment."""
        known = [each for since, each in self.definitions if since <= at]
        return known[-1] if known else self.definitions[0][1]

    def __getattr__(self, name):
        defaults = {"maxSize": 268435456, "streamSegmentSize": 16777216, "strategyOnFull": 0}
        return (
            self.definition.get(name)
            if name not in defaults
            else self.definition.get(name) or defaults[name]
        )

    @cached_property
    def acknowledged(self):
        """In the order in which they were asked for; a number may be given twice by a server that is broken."""
        return [each for each in self.appends if each.outcome == "ok"]

    @cached_property
    def numbered(self):
        """What was acknowledged, by sequence number."""
        return {each.number: each for each in self.acknowledged}

    @cached_property
    def stored(self):
        """By sequence number, those without an answer in the holes where they may be."""
        stored, doubtful = {}, [each for each in self.appends if each.outcome == "unknown"]
        for number in range(max(self.numbered, default=-1) + 1):
            stored[number] = self.numbered.get(number) or (doubtful.pop(0) if doubtful else None)
        return {number: each for number, each in stored.items() if each is not None}

    @cached_property
    def gone(self):
        """The numbers that a power cut may have taken."""
        return sorted(each.number for each in self.acknowledged if each.unsynced)

    @property
    def unseen(self):
        """The sequence numbers that no append explains."""
        return set(range(max(self.numbered, default=-1))) - set(self.stored)

    @cached_property
    def by_hash(self):
        """The acknowledged messages of a payload."""
        found = defaultdict(list)
        for each in self.acknowledged:
            found[each.hash].append(each)
        return found


@dataclass(eq=False)
class Exporter:
    """Who drains a stream to a destination; `arrived` has when each acknowledged message was first sent."""

    stream: Stream
    name: str
    service: str
    target: str
    batch: int
    interval: float | None
    priority: int
    arrived: dict = field(default_factory=dict)
    puts: list = field(default_factory=list)

    @cached_property
    def _passes(self):
        """When each number or a later one was first sent: numbers, and times that only get later."""
        numbers = sorted(
            (each.number, at) for each, at in self.arrived.items() if each.number is not None
        )
        times = list(accumulate((at for _, at in reversed(numbers)), min))[::-1]
        return [number for number, _ in numbers], times

    def passed(self, message):
        """When a later message of the stream was first sent, or NEVER."""
        numbers, times = self._passes
        place = bisect_right(numbers, message.number)
        return times[place] if place < len(numbers) else NEVER

    @property
    def key(self):
        """As reports name it."""
        return f"{self.stream.name}/{self.name}"

    def ready(self, message):
        """When this message certainly made a batch: with those behind it, or by its age."""
        gone = self.stream.gone
        spare = len(gone) - bisect_left(gone, message.number)
        full = self.stream.numbered.get(message.number + self.batch - 1 + spare)
        aged = NEVER if self.interval is None else message.done + self.interval
        return min(aged, NEVER if full is None else full.done)


class Story:
    """See the module; times in milliseconds."""

    def __init__(self, lines, plan):
        self.plan, self.lines = plan, lines
        self.site = plan["site"]
        self.backoff = float(
            self.site["stream_manager"].get("STREAM_MANAGER_EXPORTER_MAX_BACKOFF_MS", 300000)
        )
        self.closed = {each["witness"] for each in lines if each["kind"] == "closed"}
        self._read_edge()
        self._read_puts()
        self._read_faults()
        self.power_cuts = cuts_among(self.faults)
        for each in self.streams:
            lose_power(each, self.power_cuts)
        self._match()

    @classmethod
    def of(cls, run):
        """The story of a folder in `reports/`."""
        folder = Path(run)
        plan, packed = json.loads((folder / "plan.json").read_text()), folder / "history.compact"
        if packed.exists():
            return cls(sorted(lines_of(packed.read_bytes()), key=lambda each: each["at"]), plan)
        rows = (folder / "history.jsonl").read_text().splitlines()
        return cls([json.loads(row) for row in rows], plan)

    def told_by(self, witness, kind, *types):
        """The lines of one sort."""
        return [
            each
            for each in self.lines
            if (each["witness"], each["kind"]) == (witness, kind)
            and (not types or each["type"] in types)
        ]

    def operations(self, witness, kind):
        """Pairs of the line that began and the one that ended, or None."""
        ends = {each["id"]: each for each in self.told_by(witness, kind, "ok", "failed", "unknown")}
        return [(each, ends.get(each["id"])) for each in self.told_by(witness, kind, "invoked")]

    # -- the edge ------------------------------------------------------------------------------

    def _read_edge(self):
        self.streams = []
        asked = [
            (begun["at"], kind, begun, ended)
            for kind in ("create", "update", "delete", "append")
            for begun, ended in self.operations("edge-tap", kind)
        ]
        for _, kind, begun, ended in sorted(asked, key=lambda each: each[0]):
            getattr(self, f"_{kind}")(begun, ended, ended is not None and ended["type"] == "ok")

    def _current(self, name):
        return next((each for each in reversed(self.streams) if each.name == name), None)

    def _create(self, begun, ended, done):
        if done:
            stream = Stream(begun["stream"], begun["definition"], begun["at"])
            stream.definitions.append((ended["at"], begun["definition"]))
            self.streams.append(stream)

    def _update(self, begun, ended, done):
        stream = self._current(begun["stream"])
        if done and stream is not None:
            stream.definition = begun["definition"]
            stream.definitions.append((ended["at"], begun["definition"]))

    def _delete(self, begun, ended, done):
        stream = self._current(begun["stream"])
        if done and stream is not None:
            stream.until = begun["at"]

    def _append(self, begun, ended, done):
        stream = self._current(begun["stream"])
        if stream is None:
            return
        append = Append(
            begun["hash"], begun["size"], begun["at"], begun.get("reading"), begun.get("aggregate")
        )
        if ended is not None:
            failed_itself = ended["type"] == "failed" and ended.get("status") == 1
            append.outcome = "unknown" if failed_itself else ended["type"]
            append.done, append.number = ended["at"], ended.get("sequence_number")
        append.entry = bool(begun.get("entry"))
        stream.appends.append(append)

    # -- the cloud -----------------------------------------------------------------------------

    def _read_puts(self):
        told = {
            each["id"] for each in self.told_by("cloud-tap", "put", "note") if each.get("answered")
        }
        self.puts = []
        for begun, ended in self.operations("cloud-tap", "put"):
            put = Put(begun["service"], begun["target"], begun["hashes"], begun["at"])
            if ended is not None:
                put.end, put.ended = ended["type"], ended["at"]
                put.refused = frozenset(ended.get("rejected") or ())
                put.final = frozenset(ended.get("final") or ())
            put.told = begun["id"] in told
            self.puts.append(put)
        self.puts.sort(key=lambda each: each.at)
        self.passes = {each["id"] for each in self.told_by("cloud-reader", "pass", "ok")}
        self.held = defaultdict(Counter)
        for each in self.told_by("cloud-reader", "record"):
            self.held[each["service"], each["target"]][each["hash"]] += 1

    def there(self, service, target):
        """What a destination holds; of IoT SiteWise, and of one that was not read, its word counts too."""
        held = self.held[service, target]
        if f"{service}/{target}" in self.passes and service != SITEWISE:
            return held.copy()
        return held | Counter(
            each
            for put in self.puts
            if (put.service, put.target) == (service, target)
            for place, each in enumerate(put.hashes)
            if put.kept(place)
        )

    # -- what was done, and what stood still -----------------------------------------------------

    def _read_faults(self):
        self.faults, found = [], {}
        for line in self.told_by("nemesis", "fault"):
            if line["phase"] == "inject" and line["type"] == "invoked":
                found[line["id"]] = Fault.of(line)
                self.faults.append(found[line["id"]])
            fault = found.get(line["id"])
            if fault is None:
                continue
            match line["phase"], line["type"]:
                case "inject", "failed":
                    fault.begun = False
                case "inject", "ok":
                    fault.sure[0] = line["at"]
                    if fault.kind in ("process_kill", "process_restart", "noop"):
                        fault.may[1] = fault.sure[1] = line["at"]
                case "heal", "invoked":
                    fault.sure[1] = line["at"]
                case "heal", "ok":
                    fault.may[1] = fault.healed = line["at"]
        self.stalls = [
            (each["from_ms"], each["to_ms"]) for each in self.told_by("harness", "stall")
        ]
        self.ends = [
            each["at"]
            for each in self.told_by("edge-tap", "connection", "note")
            if each["closed_by"] == "server"
        ]
        self.restarts = [
            min(
                [end for end in self.ends if 0 <= each["at"] - end <= MISSED_WITHIN_MS],
                default=each["at"],
            )
            for each in self.told_by("harness", "process")
            if (each["target"], each["state"]) == ("stream_manager", "gone")
        ]
        self.requests = [
            (
                begun["service"],
                begun["at"],
                ended["at"] if ended else NEVER,
                ended["type"] if ended else "unknown",
            )
            for kind in ("request", "connection")
            for begun, ended in self.operations("uplink-tap", kind)
        ]

    def disturbed(self, services, since, until, *, slow=True, broken=True):
        """Whether a fault on one of these links may have been in force within this time."""
        return any(
            fault.concerns(services)
            and fault.may_touch(since, until)
            and fault.is_one_of(slow=slow, broken=broken)
            for fault in self.faults
            if fault.kind != "noop"
        )

    def held_back(self, services, since, until):
        """Whether something on one of these links may have held requests within this time and let them go later."""
        return any(
            fault.kind in HOLDING and fault.concerns(services) and fault.may_touch(since, until)
            for fault in self.faults
        )

    def jumped(self, since, until):
        """By how much clocks may have jumped within this time, forwards or backwards."""
        return sum(
            fault.by
            for fault in self.faults
            if fault.kind == "clock_jump" and fault.begun and fault.may_touch(since, until)
        )

    def stalled(self, since, until):
        """Whether the machine may have stood still within this time."""
        return any(begun <= until and ended >= since for begun, ended in self.stalls)

    def restarted(self, since, until):
        """Whether the stream manager was gone within this time."""
        return any(since <= each <= until for each in self.restarts)

    # -- who sent what -------------------------------------------------------------------------

    def _match(self):
        self.exporters = [each for stream in self.streams for each in self._exporters_of(stream)]
        owners = defaultdict(list)
        for exporter in self.exporters:
            for append in exporter.stream.appends:
                if append.outcome != "failed":
                    owners[exporter.service, exporter.target, append.hash].append(
                        (exporter, append)
                    )
        self.seen = Counter((p.service, p.target, h) for p in self.puts for h in p.hashes)
        self.equal = {key for key, who in owners.items() if len(who) > 1}
        for put in self.puts:
            for exporter, append in (
                who
                for h in put.hashes
                for who in owners.get((put.service, put.target, h), ())
                if _may_have_brought(put, who[1], owners[put.service, put.target, h])
            ):
                exporter.arrived.setdefault(append, put.at)
                if not exporter.puts or exporter.puts[-1] is not put:
                    exporter.puts.append(put)

    def _exporters_of(self, stream):
        kinds = (
            ("kinesis", "kinesis", "kinesisStreamName", 500),
            ("iotAnalytics", "iotanalytics", "iotChannel", 100),
            ("IotSitewise", SITEWISE, None, 10),
        )
        exports = stream.exportDefinition or {}
        for kind, service, target, most in kinds:
            for each in exports.get(kind) or ():
                if not each.get("disabled"):
                    yield Exporter(
                        stream,
                        each["identifier"],
                        service,
                        each[target] if target else "*",
                        min(each.get("batchSize") or most, most),
                        each.get("batchIntervalMillis"),
                        each.get("priority") or NO_PRIORITY,
                    )

    def unambiguous(self, put):
        """Whether each of its messages was seen in it alone."""
        keys = [(put.service, put.target, h) for h in put.hashes]
        return all(self.seen[key] == 1 and key not in self.equal for key in keys)


def _may_have_brought(put, append, owners):
    """Whether a request may have had this message, and not only another one of equal payload."""
    return len(owners) == 1 or append.asked <= put.at + SAME_MS
