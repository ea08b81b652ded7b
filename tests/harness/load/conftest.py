"""A site that is nothing but a stream manager: enough for a load that exports nothing."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
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
def locust(tmp_path: Path, server: StreamManagerProcess, somebody_listens: int) -> Locust:
    """Locust on a site of a stream manager alone."""
    site = tmp_path / "site.json"
    fields = {
        "name": "small",
        "client_port": server.port,
        "toxiproxy": somebody_listens,
        "cloud_url": "http://127.0.0.1:1",
        "region": "us-east-1",
        "ports": {},
    }
    site.write_text(json.dumps(fields))
    return Locust(tmp_path, site)
