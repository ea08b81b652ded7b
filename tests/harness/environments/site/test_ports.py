"""Ports: free ones are free, asked-for ones are refused when taken."""

import errno
import socket
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from harness.environments.errors import EnvironmentUnavailable
from harness.environments.site.ports import EPHEMERAL, Ports, listening


@pytest.fixture
def ports() -> Iterator[Ports]:
    handing = Ports()
    yield handing
    handing.release()


def test_no_port_is_handed_out_twice(ports: Ports) -> None:
    handed = [ports.free() for _ in range(50)]
    assert len(set(handed)) == 50


def test_no_outgoing_connection_is_given_a_port_that_was_handed_out(ports: Ports) -> None:
    lowest, highest = map(int, EPHEMERAL.read_text().split())
    assert [port for port in (ports.free() for _ in range(50)) if lowest <= port <= highest] == []


def test_where_connections_may_be_given_any_port_there_are_free_ones_too(
    ports: Ports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = tmp_path / "range"
    everything.write_text("1024\t65535\n")
    monkeypatch.setattr("harness.environments.site.ports.EPHEMERAL", everything)
    assert ports.free() >= 1024


def test_a_port_that_somebody_has_is_not_handed_out() -> None:
    with Ports(Random(1)) as first, Ports(Random(1)) as second:
        assert first.free() != second.free()


def test_a_released_port_can_be_listened_on(ports: Ports) -> None:
    port = ports.free()
    ports.release()
    assert not listening(port)
    with socket.create_server(("127.0.0.1", port)):
        assert listening(port)


def test_an_asked_for_port_that_is_taken_is_named_with_its_use(ports: Ports) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EnvironmentUnavailable) as refused:
            ports.asked_or_free({"dashboard": port})
    assert str(refused.value).startswith(f"Port {port}, asked for dashboard, is taken.")


def test_a_port_that_this_user_may_not_have_is_not_called_taken(
    ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Guarded(socket.socket):
        def bind(self, address: object) -> None:
            raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket, "socket", Guarded)
    with pytest.raises(EnvironmentUnavailable) as refused:
        ports.asked_or_free({"dashboard": 80})
    assert str(refused.value).startswith(
        "Port 80, asked for dashboard, cannot be had: Permission denied. Name another one"
    )


def test_zero_means_any_port(ports: Ports) -> None:
    assert ports.asked_or_free({"sensor_api": 0})["sensor_api"] > 0
