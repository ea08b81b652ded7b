"""How what runs on a site is reached, and who makes its data."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from harness.environments.errors import EnvironmentUnavailable
from harness.environments.protocol import ProbeFailed
from harness.environments.site.readiness import SeenStreams, serves, wait_until_ready
from harness.environments.site.site import Site
from harness.environments.site.source import OwnFunctions, SensorSource, source_of
from harness.environments.site.surface import REFERENCE, Surface, surface_of
from harness.fault.target import Target
from harness.scenario.site_file import SiteFile

from ..example_site import site_in  # noqa: TID252 - tests are no package that could be named

APPLICATION = SiteFile.model_validate(
    {
        "site": "line",
        "functions": [
            {
                "name": "Press",
                "folder": "press",
                "handler": "press.main",
                "ports": {"api": {"variable": "API_PORT"}},
            }
        ],
        "container": {"compose": "compose.yaml", "port": 8082, "path": "/live"},
        "source": {"port": "api", "start": "/on", "stop": "/off", "method": "POST"},
        "ready": [{"port": "api"}, {"port": "api", "path": "/health"}, {"stream": "Frames"}],
        "ready_within": "1s",
    }
)


def site_of(folder: Path, surface: Surface = REFERENCE, **ports: int) -> Site:
    known = {"sensor_api": 10, "aggregate_api": 11, "dashboard": 12}
    return site_in(folder, witness=folder, ports=ports or known, surface=surface)


@contextmanager
def served(asked: list[str]) -> Iterator[int]:
    """A server that notes what it is asked for, and has no `/off`."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            asked.append(f"{self.command} {self.path}")
            self.send_response(404 if self.path == "/off" else 204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def test_our_own_functions_are_one_surface_among_others(tmp_path: Path) -> None:
    site = site_of(tmp_path)
    assert site.surface is surface_of(None)
    assert site.urls["page"] == "http://127.0.0.1:12/"
    assert site.urls["sensor_source"] == "http://127.0.0.1:10/api/v1/sensor/data/status"
    assert Target.SENSOR_SOURCE in site.surface.functions
    assert isinstance(source_of(site), SensorSource)


def test_a_site_file_gives_another(tmp_path: Path) -> None:
    site = site_of(tmp_path, surface_of(APPLICATION), api=10, page=8082)
    assert site.surface.functions == {"Press": "-Press"}
    assert site.urls == {"api": "http://127.0.0.1:10/", "page": "http://127.0.0.1:8082/live"}
    assert isinstance(source_of(site), OwnFunctions)


@pytest.mark.parametrize("surface", [REFERENCE, surface_of(APPLICATION)])
def test_what_is_written_down_of_a_site_is_read_back(tmp_path: Path, surface: Surface) -> None:
    site = site_of(tmp_path, surface, api=1, page=2, sensor_api=3, aggregate_api=4, dashboard=5)
    assert Site.from_json(json.loads(json.dumps(site.to_json()))) == site


def test_a_switch_is_thrown_as_the_site_file_says(tmp_path: Path) -> None:
    asked: list[str] = []
    with served(asked) as port:
        source = source_of(site_of(tmp_path, surface_of(APPLICATION), api=port, page=1))
        source.start(0.0)
        with pytest.raises(ProbeFailed, match="answers 404"):
            source.stop()
        with pytest.raises(ProbeFailed, match="do not tell"):
            source.status()
    assert asked == ["POST /on", "POST /off"]


def test_functions_without_a_switch_are_left_alone(tmp_path: Path) -> None:
    own = APPLICATION.model_copy(update={"source": None})
    source = source_of(site_of(tmp_path, surface_of(own), api=1, page=1))
    source.start(0.0)
    source.stop()


def created(folder: Path, name: str, ended: str = "ok") -> None:
    lines = [
        {"kind": "create", "type": "invoked", "id": name, "definition": {"name": name}},
        {"kind": "create", "type": ended, "id": name},
    ]
    with (folder / "edge-tap.jsonl").open("a") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)


def test_a_stream_is_there_when_its_creation_was_answered(tmp_path: Path) -> None:
    streams = SeenStreams(site_of(tmp_path))
    assert streams.names() == set()
    created(tmp_path, "Refused", ended="failed")
    created(tmp_path, "Frames")
    assert streams.names() == {"Frames"}
    created(tmp_path, "Wear")
    assert streams.names() == {"Frames", "Wear"}


def test_a_site_is_ready_when_all_that_its_file_asks_for_is_there(tmp_path: Path) -> None:
    created(tmp_path, "Frames")
    asked: list[str] = []
    with served(asked) as port:
        wait_until_ready(
            site_of(tmp_path, surface_of(APPLICATION), api=port, page=1), APPLICATION, []
        )
    assert asked == ["GET /health"]


def test_a_port_that_only_a_publisher_accepts_for_serves_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as publisher:
        port = publisher.getsockname()[1]
        assert serves(port)

        def close_at_once() -> None:
            # The connection of the first question waits still.
            for _ in range(2):
                publisher.accept()[0].close()

        thread = Thread(target=close_at_once)
        thread.start()
        assert not serves(port)
        thread.join()
    assert not serves(port)


def test_what_the_functions_wrote_tells_why_a_site_is_not_ready(tmp_path: Path) -> None:
    site = site_of(tmp_path, surface_of(APPLICATION), api=1, page=1)
    logs = site.core_logs / "user" / "us-east-1" / "0"
    logs.mkdir(parents=True)
    (logs / "line-Press.log").write_text("ImportError: No module named press.hydraulics\n")
    (logs / "line-Other.log").write_text("something else\n")
    with pytest.raises(EnvironmentUnavailable, match=r"press\.hydraulics") as unavailable:
        wait_until_ready(site, APPLICATION, [])
    assert "something else" not in str(unavailable.value)


def test_what_never_gets_ready_is_named(tmp_path: Path) -> None:
    with served([]) as port:
        site = site_of(tmp_path, surface_of(APPLICATION), api=port, page=1)
        with pytest.raises(EnvironmentUnavailable, match="to create the stream Frames"):
            wait_until_ready(site, APPLICATION, [])
    site = site_of(tmp_path, surface_of(APPLICATION), api=1, page=1)
    with pytest.raises(EnvironmentUnavailable, match=r"port 1 \(api\) to listen"):
        wait_until_ready(site, APPLICATION, [])
