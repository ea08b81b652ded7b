import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from harness.load.answer import Outcome
from harness.load.api import CALLS, Api
from harness.load.site_file import LoadSite


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

    def answer(self, call: str) -> dict[str, object]:
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


@pytest.fixture
def rows() -> list[str]:
    """The rows that were fired, failed ones with their error."""
    return []


@pytest.fixture
def api(functions: Functions, rows: list[str]) -> Iterator[Api]:
    """Somebody who uses them."""

    def fire(**fields: Any) -> None:
        rows.append(f"{fields['name']}{f': {e}' if (e := fields['exception']) else ''}")

    site = LoadSite(
        name="s",
        stream_manager=1,
        toxiproxy=1,
        cloud_url="",
        region="",
        sensor_api=functions.url,
        aggregate_api=functions.url,
        broker=None,
    )
    made = Api(site, 5.0, fire)
    yield made
    made.close()


def test_the_source_is_read_switched_and_read_again(
    api: Api, functions: Functions, rows: list[str]
) -> None:
    api.begin()

    outcomes = [api.ask(number).outcome for number in range(len(CALLS))]

    assert outcomes == [Outcome.ACKNOWLEDGED] * len(CALLS)
    assert rows == list(CALLS)
    assert functions.enabled


def test_a_source_that_does_not_do_what_it_is_told_fails_the_request(
    api: Api, functions: Functions, rows: list[str]
) -> None:
    api.begin()
    functions.obeys = False

    answer = api.ask(CALLS.index("disable"))

    assert answer.outcome is Outcome.REFUSED
    assert rows == ["disable: disable says 'enabled', not 'disabled'"]


def test_the_source_is_left_as_it_was_found(api: Api, functions: Functions) -> None:
    functions.enabled = False
    api.begin()
    api.ask(CALLS.index("enable"))
    assert functions.enabled

    api.end()

    assert not functions.enabled


def test_a_source_that_was_never_reached_is_left_alone(api: Api, functions: Functions) -> None:
    api.end()

    assert functions.asked == []
