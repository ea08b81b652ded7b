"""An engine with a clock and a disk of its own, and the server as a process."""

import itertools
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cbor2
import pytest
from stream_manager import StreamManagerClient

from harness.waiting import wait_until
from system.stream_manager.composition import Parts, make_engine
from system.stream_manager.engine import Engine, PutBatch, Respond, WakeAt
from system.stream_manager.export.batch import Batch, Delivered, SinkResult
from system.stream_manager.log.memory import MemoryFileSystem
from system.stream_manager.session import Session
from system.wire import definitions, messages
from system.wire.definitions import ExportDefinition, KinesisConfig, MessageStreamDefinition
from system.wire.messages import Request, Response
from system.wire.operations import StatusCode, StrategyOnFull

READY_S = 20.0


@dataclass
class HandClock:
    """A clock that stands still until it is moved."""

    wall: int = 1_700_000_000_000
    monotonic: int = 5_000

    def wall_ms(self) -> int:
        return self.wall

    def monotonic_ms(self) -> int:
        return self.monotonic

    def pass_ms(self, ms: int) -> None:
        self.wall += ms
        self.monotonic += ms


@dataclass
class Lines:
    """A log that remembers."""

    lines: list[str] = field(default_factory=list)

    def info(self, msg: str) -> None:
        self.lines.append(f"INFO {msg}")

    def warning(self, msg: str) -> None:
        self.lines.append(f"WARN {msg}")

    def error(self, msg: str) -> None:
        self.lines.append(f"ERROR {msg}")


class Rig:
    """An engine, driven as the shell drives it."""

    def __init__(
        self, *, parts: Parts, pool_size: int = 5, max_backoff_ms: int = 5000, **options: Any
    ) -> None:
        self.clock = HandClock()
        self.disk: Any = MemoryFileSystem()
        self.log = Lines()
        self.session = Session(1, "1.1.0")
        self.responses: list[tuple[Session, Response]] = []
        self.batches: list[Batch] = []
        self.wake_at_ms: int | None = None
        self._options: dict[str, Any] = {
            "pool_size": pool_size,
            "max_backoff_ms": max_backoff_ms,
            "parts": parts,
            **options,
        }
        self._ids = itertools.count()
        self.engine = self._made()

    def _made(self) -> Engine:
        return make_engine(self.disk, self.clock, self.log, **self._options)

    def restart(self) -> None:
        """A kill: nothing is closed, only the disk stays."""
        self.batches.clear()
        self.engine = self._made()
        self.round()

    def round(self) -> None:
        self.engine.tick()
        for effect in self.engine.effects():
            match effect:
                case Respond(session, response):
                    self.responses.append((session, response))
                case PutBatch(batch):
                    self.batches.append(batch)
                case WakeAt(at_ms):
                    self.wake_at_ms = at_ms

    def pass_ms(self, ms: int) -> None:
        self.clock.pass_ms(ms)
        self.round()

    def send(self, request: Request, session: Session | None = None) -> str:
        """Hand a request over without a round; its id."""
        self.engine.handle(session or self.session, request)
        return request.request_id

    def answer_to(self, request_id: str) -> Response | None:
        found = [each for _, each in self.responses if each.request_id == request_id]
        assert len(found) <= 1, "a request is answered once"
        return found[0] if found else None

    def ask(self, request: Request, session: Session | None = None) -> Response:
        """A request that is answered at once."""
        request_id = self.send(request, session)
        self.round()
        answer = self.answer_to(request_id)
        assert answer is not None
        return answer

    def new_id(self) -> str:
        return f"r{next(self._ids)}"

    # -- requests --------------------------------------------------------------------------------

    def create(self, name: str, *exporters: KinesisConfig, **fields: Any) -> Response:
        return self.ask(
            messages.CreateMessageStream(
                request_id=self.new_id(), definition=self.definition(name, *exporters, **fields)
            )
        )

    def update(self, name: str, *exporters: KinesisConfig, **fields: Any) -> Response:
        return self.ask(
            messages.UpdateMessageStream(
                request_id=self.new_id(), definition=self.definition(name, *exporters, **fields)
            )
        )

    def definition(
        self, name: str, *exporters: KinesisConfig, **fields: Any
    ) -> MessageStreamDefinition:
        fields.setdefault("strategy_on_full", StrategyOnFull.OVERWRITE_OLDEST_DATA)
        exports = ExportDefinition(kinesis=exporters)
        return MessageStreamDefinition(name=name, export_definition=exports, **fields)

    def append(self, name: str, payload: bytes = b"m") -> Response:
        return self.ask(messages.AppendMessage(self.new_id(), name, payload))

    def append_many(self, name: str, count: int, payload: bytes = b"m") -> None:
        for _ in range(count):
            self.send(messages.AppendMessage(self.new_id(), name, payload))
        self.round()

    def delete(self, name: str) -> Response:
        return self.ask(messages.DeleteMessageStream(request_id=self.new_id(), name=name))

    def names(self) -> list[str]:
        answer = self.ask(messages.ListStreams(request_id=self.new_id()))
        assert answer.values is not None
        return list(answer.values["streams"])

    def describe(self, name: str, session: Session | None = None) -> dict[str, Any]:
        request = messages.DescribeMessageStream(request_id=self.new_id(), name=name)
        answer = self.ask(request, session)
        assert answer.status is StatusCode.SUCCESS and answer.values is not None
        return dict(answer.values["messageStreamInfo"])

    def read(self, name: str, start: int = 0, **fields: int) -> str:
        """A read request, handed over; its id."""
        fields.setdefault("max_message_count", fields.get("min_message_count", 1))
        request = messages.ReadMessages(
            request_id=self.new_id(),
            stream_name=name,
            desired_start_sequence_number=start,
            **fields,
        )
        request_id = self.send(request)
        self.round()
        return request_id

    # -- exporting -------------------------------------------------------------------------------

    def exporter(self, identifier: str, **fields: Any) -> KinesisConfig:
        fields.setdefault("kinesis_stream_name", identifier)
        return definitions.KinesisConfig(identifier=identifier, **fields)

    def under_way(self) -> list[tuple[str, list[int]]]:
        """Identifier and sequence numbers of each batch under way."""
        return [
            (batch.exporter[1], [each.sequence_number for each in batch.messages])
            for batch in self.batches
        ]

    def settle(self, result: SinkResult | None = None, index: int = 0) -> None:
        self.engine.settle(self.batches.pop(index), result or Delivered())
        self.round()

    def status(self, name: str, index: int = 0) -> dict[str, Any]:
        return dict(self.describe(name)["exportStatuses"][index])


MakeRig = Callable[..., Rig]


@pytest.fixture
def make_rig() -> MakeRig:
    def make(**options: Any) -> Rig:
        options.setdefault("parts", Parts())
        rig = Rig(**options)
        rig.round()
        return rig

    return make


@pytest.fixture
def rig(make_rig: MakeRig) -> Rig:
    return make_rig()


# -- the server as a process -------------------------------------------------------------------------


class Raw:
    """A hand-made client."""

    def __init__(self, port: int, timeout: float = 10) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> "Raw":
        return self

    def __exit__(self, *exc: object) -> None:
        self.socket.close()

    def send(self, operation: int, values: Any) -> None:
        self.socket.sendall(self.frame(operation, values))

    @staticmethod
    def frame(operation: int, values: Any) -> bytes:
        payload = values if isinstance(values, bytes) else cbor2.dumps(values)
        return (len(payload) + 1).to_bytes(4, "big") + bytes([operation]) + payload

    def exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            part = self.socket.recv(size - len(data))
            if not part:
                raise EOFError(f"closed after {data!r}")
            data += part
        return data

    def receive(self) -> tuple[int, dict[str, Any]]:
        length = int.from_bytes(self.exactly(4), "big")
        body = self.exactly(length)
        return body[0], cbor2.loads(body[1:])

    def connect(self, version: str = "1.1.0", **fields: Any) -> dict[str, Any]:
        values = {"requestId": "c", "protocolVersion": version, **fields}
        self.socket.sendall(b"\x01" + self.frame(1, values))
        assert self.exactly(1) == b"\x01"
        operation, answer = self.receive()
        assert operation == 6
        return answer

    def ask(self, operation: int, values: Any) -> tuple[int, dict[str, Any]]:
        self.send(operation, values)
        return self.receive()


@dataclass
class ServerProcess:
    """`python -m system.stream_manager` on a store of its own."""

    store: Path
    command: list[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    port: int = 0

    def output(self) -> str:
        path = self.store.with_suffix(".out")
        return path.read_text() if path.exists() else ""

    def launch(self) -> subprocess.Popen[bytes]:
        with self.store.with_suffix(".out").open("wb") as output:
            self.process = subprocess.Popen(
                [*self.command, "--store", str(self.store), "--port", str(self.port)],
                env=self.environment,
                stdout=output,
                stderr=output,
            )
        return self.process

    def start(self, seconds: float = READY_S) -> "ServerProcess":
        process = self.launch()
        wait_until(
            lambda: "RUNNING" in self.output() or process.poll() is not None,
            seconds=seconds,
            what="the server",
        )
        found = re.search(r"listens on [^ ]*:(\d+)", self.output())
        assert found, self.output()
        self.port = int(found[1])
        return self

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10)

    def raw(self, timeout: float = 10) -> Raw:
        return Raw(self.port, timeout)

    def client(self, **options: Any) -> StreamManagerClient:
        return StreamManagerClient(port=self.port, **options)


StartServer = Callable[..., ServerProcess]


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[StartServer]:
    """Makes servers that are not started yet; `command` replaces ours."""
    made: list[ServerProcess] = []

    def make(*, command: list[str] | None = None, **variables: str) -> ServerProcess:
        store = tmp_path / f"store-{len(made)}"
        store.mkdir()
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "STREAM_MANAGER_"))
        }
        server = ServerProcess(
            store,
            command or [sys.executable, "-m", "system.stream_manager"],
            {**kept, "AWS_REGION": "us-east-1", **variables},
        )
        made.append(server)
        return server

    yield make
    for server in made:
        if server.process is not None and server.process.poll() is None:
            server.kill()


@pytest.fixture
def server(make_server: StartServer) -> ServerProcess:
    return make_server().start()
