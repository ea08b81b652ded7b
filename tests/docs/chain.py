"""A client that keeps its connection open, its way to a cloud, and the cloud: real processes but for the two ends."""

import json
import subprocess
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from harness.environments.site.links import Links
from harness.environments.site.ports import Ports
from harness.tools.toxiproxy import ensure_toxiproxy
from harness.waiting import wait_until

SEEN_S = 20.0
ANSWER = {"FailedRecordCount": 0, "Records": [{"SequenceNumber": "1", "ShardId": "0"}]}
CUT = ["request failed", "closed by cloud side"]
GIVEN_UP = ["request failed", "closed by edge side"]


class Cloud:
    """A Kinesis that keeps what it gets, and can be told to take its time with the answer."""

    def __init__(self) -> None:
        self.kept: list[int] = []
        self.asked = threading.Event()
        self.answers = threading.Event()
        self.answers.set()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        cloud = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                cloud.kept.append(len(body))
                cloud.asked.set()
                cloud.answers.wait(SEEN_S)
                answer = json.dumps(ANSWER).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/x-amz-json-1.1")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        return Handler


class Chain:
    """Client → uplink tap → Toxiproxy → cloud tap → cloud."""

    def __init__(self, folder: Path, ending: ExitStack) -> None:
        ports = Ports()
        functions, nobody, uplink, link, tap, api = (ports.free() for _ in range(6))
        ports.release()
        self.cloud = Cloud()
        ending.callback(self.cloud.server.server_close)
        ending.callback(self.cloud.server.shutdown)
        self._record = folder / "edge.jsonl"
        origin = ("--origin", str(time.monotonic_ns()))
        edge = ("--listen", str(functions), "--server", str(nobody))
        way = ("--uplink", f"kinesis={uplink}:{link}", "--record", str(self._record))
        target = f"http://127.0.0.1:{self.cloud.server.server_address[1]}"
        service = ("--service", f"kinesis={tap}", "--target", target)
        file = ("--record", str(folder / "cloud.jsonl"))
        started = [
            _start(ending, sys.executable, "-m", "harness.taps.edge", *edge, *way, *origin),
            _start(ending, sys.executable, "-m", "harness.taps.cloud", *service, *file, *origin),
        ]
        server = str(ensure_toxiproxy(print))
        _start(ending, server, "-host", "127.0.0.1", "-port", str(api), output=subprocess.DEVNULL)
        self.links = Links(api)
        wait_until(self.links.running, seconds=SEEN_S, what="Toxiproxy to answer")
        self.links.create("kinesis", listen=link, upstream=tap)
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline().startswith(b"ready ")
        self._url = f"http://127.0.0.1:{uplink}"
        self._pool = ThreadPoolExecutor(max_workers=1)
        ending.callback(self._pool.shutdown)

    def connect(self, read_timeout: float) -> None:
        """One request over a new connection, which is kept open."""
        self._client = boto3.client(
            "kinesis",
            endpoint_url=self._url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(
                retries={"total_max_attempts": 1, "mode": "standard"},
                connect_timeout=3,
                read_timeout=read_timeout,
                tcp_keepalive=True,
                proxies={},
            ),
        )
        self.put()
        self.cloud.kept.clear()
        self.cloud.asked.clear()
        self._before = len(self.lines())

    def put(self, size: int = 10) -> dict[str, Any]:
        return self._client.put_records(
            StreamName="stream", Records=[{"Data": b"x" * size, "PartitionKey": "key"}]
        )

    def begin_put(self) -> "Future[dict[str, Any]]":
        return self._pool.submit(self.put)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._record.read_text().splitlines()]

    def saw(self, *wanted: str) -> None:
        """Wait until the uplink tap has told something since the connection was idle."""

        def told() -> bool:
            seen = self.lines()[self._before :]
            said = [(f"{line['kind']} {line['type']}", str(line.get("reason"))) for line in seen]
            return any(wanted == each[: len(wanted)] for each in said)

        wait_until(told, seconds=SEEN_S, what=f"the uplink tap to see {wanted}")

    def failed(self) -> list[dict[str, Any]]:
        return [each for each in self.lines()[self._before :] if each["type"] == "failed"]

    def new_connections(self) -> list[dict[str, Any]]:
        since = self.lines()[self._before :]
        return [each for each in since if (each["kind"], each["type"]) == ("connection", "invoked")]

    def keeps(self, count: int) -> None:
        wait_until(lambda: len(self.cloud.kept) == count, seconds=SEEN_S, what=f"{count} kept")


def _start(
    ending: ExitStack, *command: str, output: int = subprocess.PIPE
) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL)

    def stop() -> None:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()

    ending.callback(stop)
    return process
