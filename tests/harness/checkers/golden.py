"""Golden histories: what `Telling` tells, with a drain, kills, and destinations that hold what a test says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from harness.checkers.verdict import Checker, Ruling, Verdict
from harness.history.lines import Line
from harness.plan.model import Plan
from harness.scenario.conditions import condition_from_json
from harness.scenario.judges import judge_from_json

from .plans import plan as plan_of
from .telling import ExporterSpec, Telling

CLOUD = ("kinesis", "T")
E = ExporterSpec(name="E", service="kinesis", target="T", batch_size=5)


@dataclass
class Golden(Telling):
    """See the module. Times are milliseconds since the first reading.

    Attributes:
        drained: beginning of the drain, its end, whether all that it waited for came; None: there was no drain.
        owed: the newest number that the drain waits for, by `stream/exporter`.
        held: payloads that a destination holds besides what it said it kept: service, target, hash.
    """

    drained: tuple[float, float, bool] | None = (90_000.0, 95_000.0, True)
    owed: Mapping[str, int] = field(default_factory=dict)
    held: list[tuple[str, str, str]] = field(default_factory=list)
    deletions: int = 0

    def appends(self, stream: str, numbers: Sequence[int], *, at: float, every: float = 10) -> None:
        """Acknowledged appends, one after the other."""
        for place, number in enumerate(numbers):
            self.append(stream, number, at=at + place * every)

    def refused(self, stream: str, hash_: str, *, at: float, status: int = 3) -> None:
        """An append whose client was told that it is not stored."""
        begun = {"stream": stream, "hash": hash_, "size": 100}
        ended = {"status": status, "error": "the stream is full"}
        self.operation("edge-tap", "append", at, at + 1, "failed", begun, ended)

    def delete(self, stream: str, *, at: float) -> None:
        self.operation("edge-tap", "delete", at - 1, at, "ok", {"stream": stream})

    def doubtful(self, exporter: str, numbers: Sequence[int], *, at: float, stored: bool) -> None:
        """A request of which nobody can say whether it was kept; the destination knows."""
        self.put(exporter, numbers, at=at, outcome="unknown")
        if stored:
            spec, stream = self._exporters[exporter], exporter.partition("/")[0]
            self.held += [(spec.service, spec.target, f"{stream}/{n}") for n in numbers]

    def kill(self, at: float, back: float, target: str = "stream_manager") -> None:
        """The nemesis kills a process, and it comes back."""
        self._made += 1
        fault = {"kind": "process_kill", "target": target}
        told = {"id": f"f{self._made}", "name": "a kill", "fault": fault, "services": []}
        self.line(at - 1, "nemesis", "fault", "invoked", phase="inject", **told)
        self.line(at, "nemesis", "fault", "ok", phase="inject", **told)
        if target == "stream_manager":
            self.restart(at, back)
            return
        self.line(at + 1, "harness", "process", "note", target=target, state="gone", pid=1)
        self.line(back, "harness", "process", "note", target=target, state="started", pid=2)

    def interrupt(self, at: float) -> None:
        self.line(at, "harness", "interrupted", "note", reason="Ctrl-C")

    def drain(self, begin: float, end: float, ok: bool = True, **owed: int) -> None:
        self.drained = begin, end, ok
        self.owed = {f"{stream}/E": newest for stream, newest in owed.items()}

    def _frame(self, end: float) -> list[Line]:
        if self.drained is None:
            return super()._frame(end)
        begin, over, ok = self.drained
        drain = {"witness": "harness", "kind": "drain", "id": "drain"}
        invoked: dict[str, Any] = {**drain, "at": begin, "type": "invoked", "deadline_ms": 1}
        if self.owed:
            invoked["owed"] = self.owed
        ended = {**drain, "at": over, "type": "ok" if ok else "failed"}
        return [*super()._frame(max(end, over + 100)), invoked, ended]

    def _read_back(self, at: float) -> list[Line]:
        known = super()._read_back(at)
        count = sum(line["kind"] == "record" for line in known)
        note = {"at": at, "witness": "cloud-reader", "kind": "record", "type": "note", "size": 100}
        more: list[Line] = [
            {
                **note,
                "service": service,
                "target": target,
                "hash": hash_,
                "index": count + place,
                "place": f"held {place}",
            }
            for place, (service, target, hash_) in enumerate(self.held)
        ]
        return [*known, *more]


def site(*exporters: ExporterSpec, **stream: Any) -> Golden:
    """A site with one stream `S`, drained by `E` (batches of 5, to Kinesis `T`) unless told otherwise."""
    golden = Golden()
    golden.stream("S", *(exporters or (E,)), **stream)
    return golden


def plan(*conditions: object, judges: Sequence[object] = ("loss",), **settings: Any) -> Plan:
    """A plan that asks for these conditions and judges, each as a scenario has it."""
    return replace(
        plan_of(**settings),
        conditions=tuple(condition_from_json(each) for each in conditions),
        judges=tuple(judge_from_json(each) for each in judges),
    )


def rule(checker: Checker, golden: Golden, plan_: Plan | None = None) -> Verdict:
    """What a checker says of a history."""
    return checker.check(golden.history(), plan_ or plan())


def is_valid(verdict: Verdict) -> bool:
    return verdict.verdict is Ruling.VALID and not verdict.examples


def is_invalid(verdict: Verdict, *words: str) -> bool:
    """Whether it accuses, and its first example says all of this."""
    assert verdict.verdict is Ruling.INVALID, verdict
    return all(word in verdict.examples[0] for word in words) or pytest_fail(verdict)


def is_unknown(verdict: Verdict, *words: str) -> bool:
    """Whether it leaves the question open, and its reason says all of this."""
    assert verdict.verdict is Ruling.UNKNOWN, verdict
    return all(word in verdict.reason for word in words) or pytest_fail(verdict)


def pytest_fail(verdict: Verdict) -> bool:
    raise AssertionError(f"{verdict.verdict}: {verdict.reason} {verdict.examples}")
