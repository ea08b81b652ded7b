"""An engine and images for the tests that need them, a registry on the loopback, and an engine that only pretends."""

import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from harness.environments.errors import EnvironmentUnavailable
from harness.environments.site.ports import Ports
from harness.images.engine import Engine, connect
from harness.images.recipe import Recipe, read_files
from harness.waiting import wait_until

LOOPBACK = "127.0.0.1"
START_S = 60.0


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The Docker engine of this machine."""
    try:
        return connect()
    except EnvironmentUnavailable as error:
        pytest.skip(str(error))


@pytest.fixture
def recipe(tmp_path: Path) -> Callable[..., Recipe]:
    """Makes recipes for an image that is next to nothing."""

    def make(name: str, text: str = "content", **more: Any) -> Recipe:
        folder = tmp_path / f"{name}-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        (folder / "Dockerfile").write_text("ARG BASE\nFROM ${BASE}\nCOPY file /file\n")
        (folder / "file").write_text(text)
        places = {each: folder / each for each in ("Dockerfile", "file")}
        return Recipe(name=name, dockerfile="Dockerfile", files=read_files(places), **more)

    return make


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    """A registry of images on the loopback, empty; its host and port."""
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("Debian's package docker-registry is not installed")
    ports = Ports()
    port = ports.free()
    settings = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(tmp_path / "registry")}},
        "http": {"addr": f"{LOOPBACK}:{port}"},
    }
    file = tmp_path / "registry.yml"
    file.write_text(json.dumps(settings))
    ports.release()
    with (tmp_path / "registry.log").open("w") as log:
        process = subprocess.Popen([program, "serve", file], stdout=log, stderr=log)
        try:
            wait_until(
                lambda: _answers(f"http://{LOOPBACK}:{port}/v2/"),
                seconds=START_S,
                what="the registry to answer",
            )
            yield f"{LOOPBACK}:{port}"
        finally:
            process.terminate()
            process.wait()


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False


@pytest.fixture
def pretended_engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[dict[str, str]], str]]:
    """Stands an engine up that only says its version; gives its address, where `DOCKER_HOST` points then."""
    servers: list[ThreadingHTTPServer] = []

    def stand(version: dict[str, str]) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content = json.dumps(version).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        place = f"tcp://{LOOPBACK}:{server.server_address[1]}"
        monkeypatch.setenv("DOCKER_HOST", place)
        return place

    yield stand
    for server in servers:
        server.shutdown()
        server.server_close()
