"""Sites that do not get to stand, or lose whoever stood them up: nothing of them stays."""

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness import cli
from harness.environments.errors import EnvironmentUnavailable
from harness.environments.local.standing import stand_up
from harness.environments.site.ports import Ports
from harness.environments.site.register import Register
from harness.waiting import wait_until

from ..example_site import plan_of  # noqa: TID252 - tests are no package that could be named
from .conftest import running

STARTED_S = 60.0

# Stands a site up until the stage is over; whoever started it does the rest.
HARNESS = """
import sys
from pathlib import Path
from harness.environments.site.register import Register
from harness.environments.local.standing import stand_up
from harness.plan.compiling import compile_plan
from harness.scenario.loader import load

folder = Path(sys.argv[1])
plan = compile_plan(load(folder / "standing.yaml").scenario, 1)
with stand_up(
    plan, directory=folder / "run", register=Register(Path(sys.argv[2])),
    progress=lambda line: print(line, flush=True),
):
    raise SystemExit("it stands")
"""


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
    assert running(register) == []
    assert list(register.entries()) == []
    assert "cannot listen" in (tmp_path / "run/logs/edge-tap.log").read_text()


@pytest.mark.localstack
def test_a_stream_manager_that_does_not_listen_is_told_with_its_own_words(
    register: Register, tmp_path: Path
) -> None:
    command = f"{sys.executable} -c \"print('no licence')\""
    error = refused(register, tmp_path, stream_manager=command)
    assert "the stream manager ended with status 0, 4 times, and never listened" in error.what
    assert "no licence" in error.mend
    assert running(register) == []
    assert (tmp_path / "run/logs/greengrass/system/runtime.log").exists()


def start_harness(folder: Path, register: Register) -> subprocess.Popen[str]:
    """A harness whose site has its first processes."""
    plan_of(folder)
    harness = subprocess.Popen(
        [sys.executable, "-c", HARNESS, str(folder), str(register.directory)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # As in a terminal: not with the signals that this process ignores.
        start_new_session=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert harness.stdout is not None
    for line in harness.stdout:
        if line.startswith("links "):
            return harness
    raise AssertionError("it ended before its site had processes")


@pytest.mark.localstack
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_harness_takes_everything_down(
    register: Register, tmp_path: Path, number: signal.Signals
) -> None:
    with start_harness(tmp_path, register) as harness:
        assert len(running(register)) > 3
        harness.send_signal(number)
        output, _ = harness.communicate(timeout=STARTED_S)
    assert output.rstrip().endswith("KeyboardInterrupt")
    assert running(register) == []
    assert list(register.entries()) == []


@pytest.mark.localstack
def test_what_a_killed_harness_left_is_removed_by_the_next_run(
    register: Register, tmp_path: Path
) -> None:
    with start_harness(tmp_path, register) as harness:
        harness.kill()
    assert len(running(register)) > 3
    told: list[str] = []

    def stop_there(line: str) -> None:
        told.append(line)
        if line.startswith("tools "):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stand_up(
            plan_of(tmp_path), directory=tmp_path / "next", register=register, progress=stop_there
        )
    assert told[0].startswith("removed what an earlier run left: site ")
    wait_until(lambda: running(register) == [], seconds=5, what="the processes to be gone")
    assert list(register.entries()) == []


@pytest.mark.localstack
def test_what_a_killed_harness_left_is_removed_by_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    register = Register()
    with start_harness(tmp_path, register) as harness:
        harness.kill()
    left = len(running(register))
    assert left > 3
    assert cli.run(["clean"]) == 0
    assert re.fullmatch(r"removed site \S+: (\d+) processes\n", capsys.readouterr().out)
    assert running(register) == []
    assert list(register.entries()) == []
