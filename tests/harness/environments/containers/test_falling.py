"""Sites of containers that lose whoever stood them up, or do not get to stand: nothing of them stays."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness import cli
from harness.environments.containers.standing import stand_up
from harness.environments.errors import EnvironmentUnavailable
from harness.environments.site.marked_containers import labelled
from harness.environments.site.register import Register

from ..example_site import plan_of  # noqa: TID252 - tests are no package that could be named

pytestmark = pytest.mark.docker

ENDED_S = 60.0

# Stands a site up until its first containers run; whoever started it does the rest.
HARNESS = """
import sys
from pathlib import Path
from harness.environments.containers.standing import stand_up
from harness.environments.site.register import Register
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


def left(register: Register) -> list[str]:
    return labelled(lambda mark: mark.startswith(register.mark("")))


def start_harness(folder: Path, register: Register) -> subprocess.Popen[str]:
    """A harness whose site has its first containers."""
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
        if line.startswith("containers "):
            return harness
    raise AssertionError("it ended before its site had containers")


def test_an_interrupted_harness_takes_everything_down_and_keeps_what_was_printed(
    tmp_path: Path,
) -> None:
    register = Register(tmp_path / "sites")
    with start_harness(tmp_path, register) as harness:
        assert len(left(register)) > 5
        harness.send_signal(signal.SIGINT)
        output, _ = harness.communicate(timeout=ENDED_S)
    assert output.rstrip().endswith("KeyboardInterrupt")
    assert left(register) == []
    assert list(register.entries()) == []
    logs = tmp_path / "run" / "logs"
    assert {"localstack.log", "edge-tap.log", "cloud-tap.log"} <= {
        each.name for each in logs.iterdir()
    }


def test_what_a_killed_harness_left_is_removed_by_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    register = Register()
    with start_harness(tmp_path, register) as harness:
        harness.kill()
    assert len(left(register)) > 5
    assert cli.run(["clean"]) == 0
    assert "containers" in capsys.readouterr().out
    assert left(register) == []
    assert list(register.entries()) == []


def test_a_program_that_the_core_s_container_does_not_have_is_told_before_anything_stands(
    tmp_path: Path,
) -> None:
    register = Register(tmp_path / "sites")
    with pytest.raises(EnvironmentUnavailable, match="there is no program my-server"):
        stand_up(
            plan_of(tmp_path),
            directory=tmp_path / "run",
            progress=print,
            stream_manager="my-server --flag",
            register=register,
        ).close()
    assert left(register) == []


def test_a_stream_manager_that_does_not_listen_is_told_with_its_own_words(tmp_path: Path) -> None:
    register = Register(tmp_path / "sites")
    with pytest.raises(EnvironmentUnavailable) as unavailable:
        stand_up(
            plan_of(tmp_path),
            directory=tmp_path / "run",
            progress=print,
            stream_manager="python -c \"print('no licence')\"",
            register=register,
        ).close()
    assert "the stream manager ended with status 0, 4 times" in unavailable.value.what
    assert "no licence" in unavailable.value.mend
    assert left(register) == []
