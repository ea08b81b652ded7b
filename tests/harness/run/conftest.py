"""A small site in one process, whose time runs twenty times as fast: the port `Environment` with scripted witnesses."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness.browser.look import Look
from harness.environments.protocol import (
    Destination,
    Environment,
    ProbeFailed,
    ProbeName,
    ProcessState,
    SourceStatus,
)
from harness.fault.process_kill import ProcessKill
from harness.fault.registry import Fault, services_of
from harness.fault.target import Target
from harness.history.history import History
from harness.history.lines import Line, parse
from harness.plan.compiling import compile_plan
from harness.plan.model import Plan
from harness.run.pace import RealPace
from harness.scenario.loader import parse as load_scenario
from harness.taps.record import Record

TIMES_AS_FAST = 20
EVERY_MS = 50.0


@dataclass
class Tap:
    """A witness whose lines the site writes."""

    name: str
    file: Path
    watches: bool = True

    def alive(self) -> bool:
        return self.watches


@dataclass
class SmallSite:
    """One sensor, one stream `S`, one exporter `E` to the Kinesis stream `K`; messages leave one at a time.

    Attributes:
        unhealable: faults of these kinds cannot be healed.
        delivers: whether anything reaches the cloud at all.
        drops: numbers of the messages that the exporter leaves out.
        makes_readings: whether the source does what it says.
        stuck: what `heal_all` does not remove of what was left on the links.
        ends: whether the edge can be ended in order.
        page: what a browser sees of its page, or why it sees nothing; None: it has none that can be seen.
    """

    folder: Path
    unhealable: set[str] = field(default_factory=set)
    delivers: bool = True
    drops: set[int] = field(default_factory=set)
    source_answers: bool = True
    makes_readings: bool = True
    stuck: bool = False
    ends: bool = True
    page: Look | ProbeFailed | None = None
    left_on_links: list[str] = field(default_factory=list)
    did: list[str] = field(default_factory=list)
    stages: Sequence[tuple[str, float]] = (("everything", 0.1),)
    versions: Mapping[str, str] = field(default_factory=lambda: {"site": "small"})
    origin_ns: int = field(default_factory=time.monotonic_ns)
    origin_wall_ms: int = 1_700_000_000_000

    def __post_init__(self) -> None:
        self.edge = Tap("edge-tap", self.folder / "edge-tap.jsonl")
        self.cloud = Tap("cloud-tap", self.folder / "cloud-tap.jsonl")
        clock: Any = lambda: self.origin_ns + round(self.now_ms() * 1e6)  # noqa: E731
        self._records = {
            name: Record(file, witness=name, origin_ns=self.origin_ns, clock_ns=clock)
            for name, file in (
                ("edge-tap", self.edge.file),
                ("uplink-tap", self.edge.file),
                ("cloud-tap", self.cloud.file),
                ("cloud-reader", self.folder / "cloud-reader.jsonl"),
            )
        }
        self._down: set[str] = set()
        self._pids = {Target.STREAM_MANAGER: 100}
        self._appended = self._delivered = 0
        self._ended = threading.Event()
        self._source: threading.Thread | None = None

    def __enter__(self) -> "SmallSite":
        return self

    def __exit__(self, *_: object) -> None:
        self._end_source()
        self.did.append("down")

    def now_ms(self) -> float:
        return (time.monotonic_ns() - self.origin_ns) / 1e6 * TIMES_AS_FAST

    # -- what a run does -----------------------------------------------------------------------

    def inject(self, fault: Fault) -> AbstractContextManager[None]:
        return self._lease(fault)

    @contextmanager
    def _lease(self, fault: Fault) -> Iterator[None]:
        self.did.append(f"inject {fault.kind}")
        services = {str(service) for service in services_of(fault)}
        self._down |= services
        if isinstance(fault, ProcessKill):
            self._pids[fault.target] += 1
        try:
            yield
        finally:
            if fault.kind in self.unhealable:
                raise RuntimeError("the valve is stuck")
            self._down -= services
            self.did.append(f"heal {fault.kind}")

    def unclean(self) -> list[str]:
        return self.left_on_links

    def heal_all(self) -> None:
        self._down.clear()
        self.did.append("heal all")
        if not self.stuck:
            self.left_on_links = []

    def probe(self, name: ProbeName) -> float:
        raise ProbeFailed(str(name), "it is a small site")

    def look_at_page(self, picture: Path) -> Look | None:
        self.did.append("looked at")
        if isinstance(self.page, ProbeFailed):
            raise self.page
        if self.page is not None:
            picture.write_bytes(b"a picture")
        return self.page

    def witnesses(self) -> Sequence[Tap]:
        return (self.edge, self.cloud)

    def processes(self) -> Mapping[Target, ProcessState]:
        return {target: ProcessState(pid=pid, started=0.0) for target, pid in self._pids.items()}

    def start_source(self, first_reading_ms: float) -> None:
        if not self.source_answers:
            raise ProbeFailed("the source", "nobody is there")
        self._define()
        if not self.makes_readings:
            return
        self._source = threading.Thread(target=self._run, args=(first_reading_ms,), daemon=True)
        self._source.start()

    def stop_source(self) -> None:
        self._end_source()
        self.did.append("source stopped")

    def source(self) -> SourceStatus:
        count = self._appended
        return SourceStatus(enabled=True, next_ordinal=count, published=count, failed=0)

    def stop_exporting(self) -> None:
        if not self.ends:
            raise RuntimeError("the core hangs")
        self.did.append("edge ended")
        for name in ("edge-tap", "uplink-tap", "cloud-tap"):
            self._records[name].close()

    def read_back(self, destinations: Sequence[Destination]) -> None:
        self.did.append(f"read {[f'{each.service}/{each.target}' for each in destinations]}")
        reader = self._records["cloud-reader"]
        fields: dict[str, Any] = {"service": "kinesis", "target": "K"}
        held = [n for n in range(self._delivered) if n not in self.drops]
        for n in held:
            reader.write("record", "note", place=str(n), index=n, hash=f"h{n}", size=100, **fields)
        reader.write("pass", "ok", id="kinesis/K", records=len(held), passes=2, **fields)
        reader.close()

    # -- what its parts do ---------------------------------------------------------------------

    def _define(self) -> None:
        exporter = {"identifier": "E", "kinesisStreamName": "K", "batchSize": 1}
        definition = {"name": "S", "exportDefinition": {"kinesis": [exporter]}}
        edge = self._records["edge-tap"]
        edge.write("create", "invoked", id="c", stream="S", definition=definition)
        edge.write("create", "ok", id="c")

    def _end_source(self) -> None:
        self._ended.set()
        if self._source is not None:
            self._source.join()

    def _run(self, first_ms: float) -> None:
        while True:
            left_ms = first_ms + self._appended * EVERY_MS - self.now_ms()
            if self._ended.wait(max(0.0, left_ms / 1000 / TIMES_AS_FAST)):
                return
            self._append()
            while self._delivered < self._appended and not self._down and self.delivers:
                self._deliver()

    def _append(self) -> None:
        n, edge = self._appended, self._records["edge-tap"]
        reading = f"sensor-1/{n}"
        edge.write(
            "append", "invoked", id=f"a{n}", stream="S", hash=f"h{n}", size=100, reading=reading
        )
        edge.write("append", "ok", id=f"a{n}", sequence_number=n)
        self._appended += 1
        if "kinesis" in self._down:
            uplink = self._records["uplink-tap"]
            uplink.write("connection", "invoked", id=f"u{n}", service="kinesis")
            uplink.write("connection", "failed", id=f"u{n}", service="kinesis", reason="refused")

    def _deliver(self) -> None:
        n, cloud = self._delivered, self._records["cloud-tap"]
        self._delivered += 1
        if n in self.drops:
            return
        target: dict[str, Any] = {"service": "kinesis", "operation": "PutRecords", "target": "K"}
        cloud.write(
            "put", "invoked", id=f"p{n}", hashes=[f"h{n}"], sizes=[100], bytes=100, **target
        )
        cloud.write("put", "ok", id=f"p{n}", status=200, rejected=[])


@pytest.fixture
def site(tmp_path: Path) -> SmallSite:
    """A small site that nobody has touched."""
    folder = tmp_path / "witness"
    folder.mkdir()
    return SmallSite(folder)


def fast(environment: Environment) -> RealPace:
    """Time as the small site has it."""
    return RealPace(environment.now_ms, poll_s=0.001)


SCENARIO = """
scenario: small
description: A small site.
workload: {{sensors: 1, rate: 20/s, warm_up: 1s, run_for: 6s}}
site:
  stream_manager: {{STREAM_MANAGER_EXPORTER_MAX_BACKOFF_MS: 1000}}
drain: {{deadline: 4s}}
steps: {steps}
judge: [loss]
"""


def plan_of(steps: str) -> Plan:
    """The plan of a scenario with these steps, in YAML."""
    text = SCENARIO.format(steps=steps).encode()
    return compile_plan(load_scenario(text, Path("small.yaml")).scenario, seed=1)


def lines_in(folder: Path) -> list[Line]:
    """What all witnesses have written."""
    return [line for file in sorted(folder.glob("*.jsonl")) for line in parse(file.read_text())]


def history_in(folder: Path) -> History:
    """The history of a folder of witnesses."""
    return History.of(sorted(lines_in(folder), key=lambda line: float(line["at"])))
