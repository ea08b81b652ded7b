"""Runs recorded by hand: a folder as a run leaves it, told line by line."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from harness.checkers.verdict import ConditionResult, Judgement, Ruling, Verdict
from harness.history.history import WITNESSES, History
from harness.history.lines import merge, render
from harness.plan.compiling import compile_plan
from harness.plan.model import Plan
from harness.report.artefacts import Recorded, read
from harness.scenario.loader import parse

SCENARIO = """
scenario: told
description: {description}
workload: {{sensors: 1, rate: 20/s, warm_up: 1s, run_for: 60s}}
site: {{stream_manager: {{STREAM_MANAGER_EXPORTER_MAX_BACKOFF_MS: 1000}}}}
steps: {steps}
judge: [loss]
"""
ORIGIN_MS = 2_000.0
"""When the first reading is due; times of what is told count from it, in seconds."""


def plan_of(steps: str = "[]", description: str = "What a test tells.") -> Plan:
    text = SCENARIO.format(steps=steps, description=json.dumps(description))
    return compile_plan(parse(text.encode(), Path("told.yaml")).scenario, seed=7)


@dataclass
class Told:
    """A history that a test tells; times are seconds since the first reading."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    end_s: float = 60.0
    _ids: Iterator[int] = field(default_factory=count)

    def line(self, at_s: float, witness: str, kind: str, type: str, **fields: Any) -> None:
        at = ORIGIN_MS + at_s * 1000
        self.lines.append({"at": at, "witness": witness, "kind": kind, "type": type, **fields})

    def stream(self, name: str, *exporters: str, **settings: Any) -> None:
        """A stream whose exporters are called after the service that they deliver to."""
        exports = {
            "kinesis": ("kinesis", "kinesisStreamName"),
            "iotanalytics": ("iotAnalytics", "iotChannel"),
        }
        definition: dict[str, Any] = {"name": name, **settings}
        definition["exportDefinition"] = {
            exports[each][0]: [{"identifier": each, exports[each][1]: name}] for each in exporters
        }
        self.line(-1, "edge-tap", "create", "invoked", id=name, stream=name, definition=definition)
        self.line(-0.9, "edge-tap", "create", "ok", id=name)

    def append(self, stream: str, number: int, at_s: float, size: int = 100) -> None:
        asked = {"stream": stream, "hash": f"{stream} {number}", "size": size}
        id_ = str(next(self._ids))
        self.line(at_s, "edge-tap", "append", "invoked", id=id_, **asked)
        self.line(at_s, "edge-tap", "append", "ok", id=id_, sequence_number=number)

    def put(
        self, stream: str, service: str, numbers: Sequence[int], at_s: float, ending: str = "ok"
    ) -> None:
        hashes = [f"{stream} {number}" for number in numbers]
        asked = {"service": service, "target": stream, "hashes": hashes}
        id_ = str(next(self._ids))
        self.line(at_s, "cloud-tap", "put", "invoked", id=id_, sizes=[100] * len(hashes), **asked)
        self.line(at_s, "cloud-tap", "put", ending, id=id_, rejected=[])

    def fault(
        self,
        kind: str,
        services: Sequence[str],
        at_s: float,
        until_s: float | None = None,
        *,
        name: str = "outage",
        ending: str = "ok",
        **parameters: Any,
    ) -> None:
        id_ = f"f{next(self._ids)}"
        fault = {"kind": kind, "services": list(services), **parameters}
        fields = {"id": id_, "name": name, "fault": fault, "services": list(services)}
        self.line(at_s, "nemesis", "fault", "invoked", phase="inject", **fields)
        self.line(at_s, "nemesis", "fault", "ok", phase="inject", **fields)
        if until_s is not None:
            self.line(until_s, "nemesis", "fault", "invoked", phase="heal", **fields)
            self.line(until_s, "nemesis", "fault", ending, phase="heal", reason="stuck", **fields)

    def restart(self, at_s: float, back_s: float) -> None:
        process = {"target": "stream_manager", "pid": 1}
        self.line(at_s, "harness", "process", "note", state="gone", **process)
        self.line(back_s, "harness", "process", "note", state="started", **process)

    def complete(self) -> list[Mapping[str, Any]]:
        """All lines in the order of their times, with those that every run has."""
        told = Told([*self.lines])
        told.line(-2, "harness", "run", "note", scenario="told", seed=7)
        told.line(-2, "harness", "schedule", "note", first_reading_ms=ORIGIN_MS)
        for phase, at_s in (("prepare", -2), ("steady", -1.5), ("judge", self.end_s)):
            told.line(at_s, "harness", "phase", "note", phase=phase)
        for witness in WITNESSES:
            told.line(self.end_s + 1, witness, "closed", "note")
        return merge(
            [each for each in told.lines if each["witness"] == witness] for witness in WITNESSES
        )

    def history(self) -> History:
        return History.of(self.complete())

    def record(self, folder: Path, plan: Plan | None = None, **facts: Any) -> Recorded:
        """Leave it in a folder, as a run does."""
        folder.mkdir(parents=True, exist_ok=True)
        known = {
            "started": "2026-11-25T10:15:00+00:00",
            "finished": "2026-11-25T10:16:30+00:00",
            "environment": "local",
            "versions": {"site": "small"},
            "stages": [["LocalStack", 3.1], ["core and functions", 2.5]],
            "command": "stream-chaos run told.yaml --seed 7",
            "exit_reason": "completed",
            **facts,
        }
        (folder / "plan.json").write_text(json.dumps((plan or plan_of()).to_json()))
        (folder / "run.json").write_text(json.dumps(known))
        (folder / "history.jsonl").write_text(render(self.complete()))
        return read(folder)


@pytest.fixture
def told() -> Told:
    """A run of which nothing is told yet."""
    return Told()


def an_outage(told: Told) -> Told:
    """20 messages a second for 10 s; the link is down from 2 s to 6 s, everything arrives."""
    told.end_s = 10.0
    told.stream("S", "kinesis")
    for number in range(200):
        told.append("S", number, at_s=number / 20)
    told.fault("link_down", ["kinesis"], 2, 6)
    for first in range(0, 200, 10):
        due_s = (first + 10) / 20
        told.put("S", "kinesis", range(first, first + 10), due_s if due_s <= 2 else 5 + due_s / 2)
    return told


@contextmanager
def unchanged(path: Path) -> Iterator[None]:
    """The file has the same bytes after the block."""
    before = path.read_bytes()
    yield
    assert path.read_bytes() == before


LOSS = Verdict(name="loss", verdict=Ruling.VALID, reason="Nothing acknowledged is lost.")
MET = ConditionResult(name="outages (at_least: 1)", met=True, evidence="1 took effect, 1 needed.")
COUNTS = {"published": 200, "appended": 200, "delivered": 200, "lost": 0, "duplicates": 0}


def judgement(
    *checkers: Verdict,
    verdict: Ruling = Ruling.VALID,
    reason: str = "loss: Nothing acknowledged is lost.",
    conditions: Sequence[ConditionResult] = (MET,),
    **counts: int,
) -> Judgement:
    """What judges might say."""
    return Judgement(
        verdict=verdict,
        reason=reason,
        checkers=checkers or (LOSS,),
        conditions=tuple(conditions),
        streams={"S/kinesis": {**COUNTS, **counts}},
    )
