"""A destination that answers as a test says, and sinks that go there."""

import json
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from system.aws.clients import Cloud
from system.stream_manager.export.batch import Batch
from system.stream_manager.sinks.registry import Sinks
from system.stream_manager.sinks.service import Timeouts
from system.wire.definitions import KinesisConfig
from system.wire.messages import Message

REGION = "us-east-1"
READ_S = 0.5
"""Of those who wait for nothing."""
PATIENT = Timeouts(connect_s=10.0, send_s=10.0, read_s=10.0)

CONFIG = KinesisConfig(identifier="k", kinesis_stream_name="readings")
STORED = {"SequenceNumber": "1", "ShardId": "shardId-000000000000"}

Act = Callable[["Scripted", bytes], None]


class Scripted(BaseHTTPRequestHandler):
    """Does with each request what the script says next; the last entry holds for all that follow."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        script = self.server.script
        with self.server.lock:
            act = script.pop(0) if len(script) > 1 else script[0]
        if getattr(act, "before_the_body", False):
            act(self, b"")
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        with self.server.lock:
            self.server.paths.append(self.path)
            self.server.bodies.append(body)
            self.server.headers.append(dict(self.headers))
        act(self, body)

    def do_PUT(self):
        self.do_POST()

    def do_DELETE(self):
        self.do_POST()

    def log_message(self, *_):
        pass


class Destination(ThreadingHTTPServer):
    """See Scripted."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Scripted)
        self.script: list[Act] = []
        self.paths: list[str] = []
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.closed = 0
        self.lock = threading.Lock()
        self.over = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"

    def server_bind(self):
        # Little is taken in before it is read, as on a slow link.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 * 1024)
        super().server_bind()

    def shutdown_request(self, request):
        super().shutdown_request(request)
        with self.lock:
            self.closed += 1

    def handle_error(self, request, client_address):
        pass  # clients hang up here, on purpose


def answer(values, status=200, headers=None) -> Act:
    """Answers with a JSON value, or with bytes as they are."""
    data = values if isinstance(values, bytes) else json.dumps(values).encode()

    def act(request, _):
        request.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(data)

    return act


def error(code, text="", status=400) -> Act:
    """Answers as AWS does when it refuses a request as a whole."""
    return answer({"__type": code, "message": text}, status, {"x-amzn-ErrorType": code})


def records(*each):
    """The answer of PutRecords with these records."""
    return answer({"Records": list(each), "FailedRecordCount": sum("ErrorCode" in r for r in each)})


def taking_all(request, body):
    """Answers that every record is stored."""
    records(*[STORED] * len(json.loads(body)["Records"]))(request, body)


def raw(data: bytes) -> Act:
    """Sends bytes and hangs up."""

    def act(request, _):
        request.wfile.write(data)
        request.close_connection = True

    return act


def cut_short(request, body):
    """Announces more than it sends."""
    raw(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"FailedRecordCount": 0, "Rec')(
        request, body
    )


def reset(request, _):
    """Breaks the connection without an answer."""
    linger = struct.pack("ii", 1, 0)
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    request.connection.shutdown(socket.SHUT_RD)
    request.connection.close()
    request.rfile.close()
    request.close_connection = True


def hang_up(request, _):
    """Closes the connection in good order, without an answer."""
    request.close_connection = True


def silence(request, _):
    """Says nothing until the test is over."""
    request.server.over.wait()
    request.close_connection = True


@pytest.fixture
def destination():
    running = Destination()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield running
    running.over.set()
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.fixture(autouse=True)
def credentials(monkeypatch):
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "edge")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "edge")


@pytest.fixture
def sinks_at(monkeypatch):
    """Makes sinks whose services are all at one address."""
    made = []

    def make(url, **settings):
        for service in ("KINESIS", "IOTANALYTICS", "IOTSITEWISE", "S3"):
            monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", url)
        settings.setdefault("timeouts", PATIENT)
        made.append(Sinks(region=REGION, **settings))
        return made[-1]

    yield make
    for sinks in made:
        sinks.close()


@pytest.fixture
def sinks(sinks_at, destination):
    return sinks_at(destination.url)


@pytest.fixture
def impatient(sinks_at, destination):
    """Sinks that soon take silence for a failure."""
    return sinks_at(destination.url, timeouts=replace(PATIENT, read_s=READ_S))


def messages(*payloads, stream="S", first=0):
    return tuple(
        Message(stream, first + index, 1_700_000_000_000, payload)
        for index, payload in enumerate(payloads)
    )


def batch(config, *payloads, **where):
    """A batch of messages with these payloads."""
    return Batch(
        id=1,
        exporter=("S", config.identifier),
        generation=0,
        config=config,
        messages=messages(*payloads, **where),
    )


@pytest.fixture(scope="session")
def connect(localstack):
    """Makes a client of LocalStack, to look at what arrived."""
    cloud = Cloud(localstack.endpoint, REGION)
    return cloud.client
