"""A Toxiproxy of the test's own."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.environments.site.links import Links
from harness.environments.site.ports import Ports
from harness.environments.site.processes import Part, environment_for, start, stop
from harness.tools.toxiproxy import ensure_toxiproxy
from harness.waiting import wait_until


@dataclass(frozen=True)
class RunningToxiproxy:
    """A Toxiproxy without links.

    Attributes:
        port: of its API.
    """

    part: Part
    port: int


@pytest.fixture
def toxiproxy(tmp_path: Path) -> Iterator[RunningToxiproxy]:
    """A process of the real server."""
    ports = Ports()
    port = ports.free()
    ports.release()
    part = start(
        "Toxiproxy",
        [str(ensure_toxiproxy(print)), "-host", "127.0.0.1", "-port", str(port)],
        environment=environment_for(str(tmp_path), {}),
        log=tmp_path / "toxiproxy.log",
    )
    try:
        wait_until(Links(port).running, seconds=20, what="Toxiproxy to answer")
        yield RunningToxiproxy(part, port)
    finally:
        stop(part)


@pytest.fixture
def links(toxiproxy: RunningToxiproxy) -> Links:
    """The links of a running Toxiproxy; none at first."""
    return Links(toxiproxy.port)
