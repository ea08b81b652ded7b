"""Sites that do not get to stand because of what this machine has or lacks: nothing of them stays."""

import socket
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.environments.errors import EnvironmentUnavailable
from harness.environments.local.standing import stand_up
from harness.environments.site.ports import Ports
from harness.environments.site.register import Register

from ..example_site import plan_of, remains  # noqa: TID252 - tests are no package that could be named


def refused(register: Register, tmp_path: Path, **options: object) -> EnvironmentUnavailable:
    with pytest.raises(EnvironmentUnavailable) as unavailable:
        # One that stands after all is taken down again.
        stand_up(
            plan_of(tmp_path),
            directory=tmp_path / "run",
            register=register,
            **{"progress": print, **options},  # type: ignore[arg-type]
        ).close()
    return unavailable.value


def test_a_taken_port_is_told_before_anything_is_started(
    register: Register, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        error = refused(register, tmp_path, ports={"cloud": port})
    assert str(error).startswith(f"Port {port}, asked for cloud, is taken.")
    assert list(register.entries()) == []
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("/no/such/server", "there is no program /no/such/server"),
        (f"{sys.executable} -m no_such.server", "finds no module no_such.server"),
    ],
)
def test_a_stream_manager_that_cannot_be_run_is_told_before_anything_is_done(
    register: Register, tmp_path: Path, command: str, why: str
) -> None:
    error = refused(register, tmp_path, stream_manager=command, progress=pytest.fail)
    assert error.what.endswith(why)
    assert list(register.entries()) == []
    assert not (tmp_path / "run").exists()


@pytest.mark.localstack
def test_a_part_that_dies_is_told_with_the_end_of_its_log(
    register: Register, tmp_path: Path
) -> None:
    ports = Ports()
    port = ports.free()
    ports.release()
    with ExitStack() as taking:

        def take_port(line: str) -> None:
            # Too late to be told beforehand.
            if line.startswith("tools "):
                taking.enter_context(socket.create_server(("127.0.0.1", port)))

        error = refused(register, tmp_path, ports={"stream_manager": port}, progress=take_port)
    assert error.what.startswith("The edge tap ended with status 4")
    assert f"edge-tap cannot listen on port {port}" in error.mend
    assert remains(register) == []
    assert list(register.entries()) == []
    assert "cannot listen" in (tmp_path / "run/logs/edge-tap.log").read_text()
