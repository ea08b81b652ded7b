"""A Toxiproxy of the test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.environments.local.ports import Ports
from harness.environments.local.processes import environment_for, start, stop
from harness.environments.local.toxiproxy import Links
from harness.tools.toxiproxy import ensure_toxiproxy
from harness.waiting import wait_until


@pytest.fixture
def links(tmp_path: Path) -> Iterator[Links]:
    """The links of a running Toxiproxy; none at first."""
    ports = Ports()
    port = ports.free()
    ports.release()
    part = start(
        "Toxiproxy",
        [str(ensure_toxiproxy(print)), "-host", "127.0.0.1", "-port", str(port)],
        environment=environment_for(str(tmp_path), {}),
        log=tmp_path / "toxiproxy.log",
    )
    running = Links(port)
    try:
        wait_until(running.running, seconds=20, what="Toxiproxy to answer")
        yield running
    finally:
        stop(part)
