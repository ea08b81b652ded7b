"""Taps as processes, and scripted ends for them to stand between."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cbor2
import pytest

from harness.taps.tail import Tail
from harness.waiting import wait_until

SEEN_S = 10.0


@dataclass
class Tap:
    """A running tap process."""

    process: subprocess.Popen[str]
    tail: Tail
    ports: dict[str, Any]
    seen: list[dict[str, Any]] = field(default_factory=list)

    def lines(self, **wanted: object) -> list[dict[str, Any]]:
        """The lines so far that have these fields."""
        self.seen += self.tail.lines()
        return [line for line in self.seen if wanted.items() <= line.items()]

    def wait(self, count: int = 1, **wanted: object) -> list[dict[str, Any]]:
        """The lines that have these fields, once there are `count` of them."""
        wait_until(
            lambda: len(self.lines(**wanted)) >= count, seconds=SEEN_S, what=f"{count} of {wanted}"
        )
        return self.lines(**wanted)

    def stop(self) -> list[dict[str, Any]]:
        """End it as the harness does; all its lines."""
        self.process.terminate()
        assert self.process.wait(10) == 0
        return self.lines()


StartTap = Callable[..., Tap]


@pytest.fixture
def start_tap(tmp_path: Path) -> Iterator[StartTap]:
    """Starts `python -m harness.taps.<name> <arguments>`, recording to a file of its own."""
    started: list[subprocess.Popen[str]] = []

    def start(name: str, *arguments: str) -> Tap:
        record = tmp_path / f"{name}-{len(started)}.jsonl"
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", f"harness.taps.{name}", *arguments),
                *("--record", str(record), "--origin", str(time.monotonic_ns())),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        word, _, ports = process.stdout.readline().partition(" ")
        assert word == "ready"
        return Tap(process, Tail(record), json.loads(ports))

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


Script = Callable[[socket.socket], None]


@pytest.fixture
def serve() -> Iterator[Callable[[Script], int]]:
    """Starts a TCP server that runs a script with each connection; returns its port."""
    servers: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def handle(connection: socket.socket, script: Script) -> None:
        with closing(connection), suppress(OSError, EOFError):
            connection.settimeout(SEEN_S)
            script(connection)

    def accept(server: socket.socket, script: Script) -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                thread = threading.Thread(target=handle, args=(connection, script))
                threads.append(thread)
                thread.start()

    def start(script: Script) -> int:
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)
        thread = threading.Thread(target=accept, args=(server, script))
        threads.append(thread)
        thread.start()
        port: int = server.getsockname()[1]
        return port

    yield start
    for server in servers:
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        server.close()
    for thread in threads:
        thread.join(SEEN_S)


def connect(port: int) -> socket.socket:
    """A connection that does not wait for ever."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=SEEN_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def closed_port() -> int:
    """A port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def receive(connection: socket.socket, size: int) -> bytes:
    """Exactly so many bytes, fewer only at the end of the stream."""
    received = bytearray()
    while len(received) < size and (data := connection.recv(size - len(received))):
        received += data
    return bytes(received)


def reset(connection: socket.socket) -> None:
    """Close so that the peer sees a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    connection.close()


def frame(operation: int, values: Any) -> bytes:
    """A frame as every client makes it."""
    payload = cbor2.dumps(values)
    return (len(payload) + 1).to_bytes(4, "big") + bytes([operation]) + payload


def receive_frame(connection: socket.socket) -> tuple[int, dict[str, Any]]:
    """Operation and content of the next frame.

    Raises:
        EOFError: there is none.
    """
    header = receive(connection, 5)
    if len(header) < 5:
        raise EOFError
    length = int.from_bytes(header[:4], "big")
    return header[4], cbor2.loads(receive(connection, length - 1))


CONNECT = b"\x01" + frame(
    1, {"requestId": "c", "protocolVersion": "1.1.0", "otherSupportedProtocolVersions": ["1.0.0"]}
)
CONNECTED = b"\x01" + frame(6, {"requestId": "c", "status": 0, "protocolVersion": "1.1.0"})


def append(request_id: str, payload: bytes, stream: str = "S") -> bytes:
    """An append request."""
    return frame(4, {"requestId": request_id, "name": stream, "payload": payload})


def appended(request_id: str, number: int) -> bytes:
    """Its answer."""
    values = {"requestId": request_id, "status": 0, "errorMessage": "", "sequenceNumber": number}
    return frame(9, values)


def scripted_stream_manager(connection: socket.socket) -> None:
    """Answers connect and append, the sequence numbers per connection; anything else with status 3."""
    assert receive(connection, 1) == b"\x01"
    number = 0
    with suppress(EOFError):
        receive_frame(connection)
        connection.sendall(CONNECTED)
        while True:
            operation, values = receive_frame(connection)
            request_id = values["requestId"]
            if operation == 4:
                connection.sendall(appended(request_id, number))
                number += 1
            else:
                refusal = {"requestId": request_id, "status": 3, "errorMessage": "no"}
                connection.sendall(frame(operation + 5, refusal))
