"""Sites that lose whoever stood them up, or do not get to stand: nothing of them stays.

The same bodies for all editions with real parts. What only one edition has is tested beside it.
"""

import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness import cli
from harness.environments.editions import stand_up_site_in
from harness.environments.errors import EnvironmentUnavailable
from harness.environments.site.register import Register
from harness.waiting import wait_until

from .example_site import plan_of, remains

ENDED_S = 60.0

# Stands a site up until the stage is over; whoever started it does the rest.
HARNESS = """
import sys
from pathlib import Path
from harness.environments.editions import stand_up_site_in
from harness.environments.site.register import Register
from harness.plan.compiling import compile_plan
from harness.scenario.loader import load

edition, folder = sys.argv[1], Path(sys.argv[2])
plan = compile_plan(load(folder / "standing.yaml").scenario, 1)
with stand_up_site_in(edition)(
    plan, directory=folder / "run", register=Register(Path(sys.argv[3])),
    progress=lambda line: print(line, flush=True),
):
    raise SystemExit("it stands")
"""


@dataclass(frozen=True)
class Edition:
    """An edition with real parts.

    Attributes:
        gathered: the stage in which everything is had that a site is made of.
        begun: the stage after which its first parts run.
        python: how a command that is run where the core runs calls Python.
        parts_at_least: so many run then.
        logs: that are there then.
    """

    name: str
    gathered: str
    begun: str
    python: str
    parts_at_least: int
    logs: frozenset[str] = frozenset({"localstack.log", "edge-tap.log", "cloud-tap.log"})


LOCAL = Edition("local", "tools", "links", sys.executable, 4)
CONTAINERS = Edition("containers", "images", "containers", "python", 6)


@pytest.fixture(
    params=[
        pytest.param(LOCAL, marks=pytest.mark.localstack, id="local"),
        pytest.param(CONTAINERS, marks=pytest.mark.docker, id="containers"),
    ]
)
def edition(request: pytest.FixtureRequest) -> Edition:
    found: Edition = request.param
    return found


def start_harness(edition: Edition, folder: Path, register: Register) -> "subprocess.Popen[str]":
    """A harness whose site has its first parts."""
    plan_of(folder)
    harness = subprocess.Popen(
        [sys.executable, "-c", HARNESS, edition.name, str(folder), str(register.directory)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # As in a terminal: not with the signals that this process ignores.
        start_new_session=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert harness.stdout is not None
    told = []
    for line in harness.stdout:
        told.append(line)
        if line.startswith(f"{edition.begun} "):
            return harness
    raise AssertionError(f"it ended before its site had parts: {told}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_harness_takes_everything_down_and_keeps_what_was_printed(
    edition: Edition, register: Register, tmp_path: Path, number: signal.Signals
) -> None:
    with start_harness(edition, tmp_path, register) as harness:
        assert len(remains(register)) >= edition.parts_at_least
        harness.send_signal(number)
        output, _ = harness.communicate(timeout=ENDED_S)
    assert output.rstrip().endswith("KeyboardInterrupt")
    assert remains(register) == []
    assert list(register.entries()) == []
    assert edition.logs <= {each.name for each in (tmp_path / "run" / "logs").iterdir()}


def test_what_a_killed_harness_left_is_removed_by_clean(
    edition: Edition,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    register = Register()
    with start_harness(edition, tmp_path, register) as harness:
        harness.kill()
    assert len(remains(register)) >= edition.parts_at_least
    assert cli.run(["clean"]) == 0
    parts = {"local": "processes", "containers": "containers"}[edition.name]
    assert re.fullmatch(rf"removed site \S+: .*\d+ {parts}\n", capsys.readouterr().out)
    assert remains(register) == []
    assert list(register.entries()) == []


def test_what_a_killed_harness_left_is_removed_by_the_next_run(
    edition: Edition, register: Register, tmp_path: Path
) -> None:
    with start_harness(edition, tmp_path, register) as harness:
        harness.kill()
    assert len(remains(register)) >= edition.parts_at_least
    told: list[str] = []

    def stop_there(line: str) -> None:
        told.append(line)
        if line.startswith(f"{edition.gathered} "):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stand_up_site_in(edition.name)(
            plan_of(tmp_path), directory=tmp_path / "next", register=register, progress=stop_there
        )
    assert told[0].startswith("removed what an earlier run left: site ")
    wait_until(lambda: remains(register) == [], seconds=5, what="its parts to be gone")
    assert list(register.entries()) == []


def test_a_stream_manager_that_does_not_listen_is_told_with_its_own_words(
    edition: Edition, register: Register, tmp_path: Path
) -> None:
    with pytest.raises(EnvironmentUnavailable) as unavailable:
        # One that stands after all is taken down again.
        stand_up_site_in(edition.name)(
            plan_of(tmp_path),
            directory=tmp_path / "run",
            progress=print,
            stream_manager=f"{edition.python} -c \"print('no licence')\"",
            register=register,
        ).close()
    told = unavailable.value
    assert "the stream manager ended with status 0, 4 times, and never listened" in told.what
    assert "no licence" in told.mend
    assert remains(register) == []
    assert (tmp_path / "run/logs/greengrass/system/runtime.log").exists()
