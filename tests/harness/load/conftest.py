"""A site that is a stream manager, and the HTTP APIs of functions: enough for a load that exports nothing."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from stream_manager import ReadMessagesOptions, StreamManagerClient

from harness.environments.site.ports import Ports, listening
from harness.waiting import wait_until

WAIT_S = 200
LOCUSTFILE = Path(__file__).parents[3] / "harness" / "load" / "locustfile.py"


class StreamManagerProcess:
    """Our stream manager; it can be killed and comes back on the same port."""

    def __init__(self, store: Path, port: int) -> None:
        self.port = port
        self._store = store
        self.start()

    def start(self) -> None:
        """Start it, again on the port that it had."""
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "system.stream_manager"),
                *("--store", str(self._store), "--port", str(self.port)),
            ],
            env={"PATH": "/usr/bin:/bin"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(
            lambda: listening(self.port), seconds=WAIT_S, what="the stream manager to listen"
        )

    def kill(self) -> None:
        """Kill it, as a power cut does."""
        self.process.kill()
        self.process.wait(10)

    def readings(self, stream: str = "LoadStream") -> list[str]:
        """`sensor/ordinal` of each message of a stream, in its order."""
        with StreamManagerClient(port=self.port, request_timeout=10) as client:
            stored = client.describe_message_stream(stream).storage_status
            messages: list[Any] = []
            while len(messages) < stored.newest_sequence_number + 1:
                messages += client.read_messages(
                    stream,
                    ReadMessagesOptions(
                        desired_start_sequence_number=len(messages), max_message_count=500
                    ),
                )
        payloads = [json.loads(message.payload) for message in messages]
        return [f"{each['sensor']}/{each['ordinal']}" for each in payloads]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[StreamManagerProcess]:
    """A stream manager."""
    store = tmp_path / "store"
    store.mkdir()
    with Ports() as ports:
        port = ports.free()
    running = StreamManagerProcess(store, port)
    yield running
    if running.process.poll() is None:
        running.kill()


@pytest.fixture
def somebody_listens() -> Iterator[int]:
    """The port where a site that stands has its Toxiproxy."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


@dataclass
class Functions:
    """The HTTP APIs of the sensor source and the aggregator.

    Attributes:
        obeys: whether the source does what it is told.
    """

    url: str
    enabled: bool = True
    obeys: bool = True
    asked: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        """Where both are."""
        return int(self.url.rpartition(":")[2])

    def answer(self, call: str) -> dict[str, object]:
        """What one of them says to the last part of a path."""
        self.asked.append(call)
        if call in ("enable", "disable") and self.obeys:
            self.enabled = call == "enable"
        if call == "aggregate":
            return {"avg_temperature": None}
        return {"response": "enabled" if self.enabled else "disabled"}


@pytest.fixture
def functions() -> Iterator[Functions]:
    """Functions that answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(running.answer(self.path.rpartition("/")[2])).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running = Functions(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield running
    server.shutdown()
    thread.join(20)
    server.server_close()


@dataclass(frozen=True)
class Locust:
    """Starts locust on the site, in a folder of its own.

    Attributes:
        folder: where its reports go.
    """

    folder: Path
    site: Path
    environment: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def running(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """A running locust; wait with `communicate`."""
        with subprocess.Popen(
            [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--only-summary", *arguments],
            cwd=self.folder,
            env={**os.environ, "STREAM_CHAOS_SITE": str(self.site), **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def append(self, *arguments: str, rate: str = "20", duration: str = "2s") -> tuple[int, str]:
        """Exit status and output of a headless load that appends."""
        with self.appending("--rate", rate, "--duration", duration, *arguments) as running:
            output, errors = running.communicate(timeout=WAIT_S)
        return running.returncode, output + errors

    def appending(self, *arguments: str) -> AbstractContextManager[subprocess.Popen[str]]:
        """A running locust that appends, without an export."""
        return self.running("StreamAppender", "--headless", "--export", "none", *arguments)


@pytest.fixture
def locust(
    tmp_path: Path, server: StreamManagerProcess, functions: Functions, somebody_listens: int
) -> Locust:
    """Locust on this site."""
    site = tmp_path / "site.json"
    fields = {
        "name": "small",
        "client_port": server.port,
        "toxiproxy": somebody_listens,
        "cloud_url": "http://127.0.0.1:1",
        "region": "us-east-1",
        "ports": {"sensor_api": functions.port, "aggregate_api": functions.port},
    }
    site.write_text(json.dumps(fields))
    return Locust(tmp_path, site)
