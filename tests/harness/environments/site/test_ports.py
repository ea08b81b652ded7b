"""Ports: free ones are free, asked-for ones are refused when taken."""

import errno
import socket
from collections.abc import Iterator

import pytest

from harness.environments.errors import EnvironmentUnavailable
from harness.environments.site.ports import Ports, listening


@pytest.fixture
def ports() -> Iterator[Ports]:
    handing = Ports()
    yield handing
    handing.release()


def test_no_port_is_handed_out_twice(ports: Ports) -> None:
    handed = [ports.free() for _ in range(50)]
    assert len(set(handed)) == 50


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
