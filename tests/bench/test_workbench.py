"""What a benchmark starts ends with it, also when the run itself is killed."""

import os
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path

import psutil
import pytest

from bench.workbench import Workbench, workbench
from harness.environments.site.processes import MARK, marked
from harness.environments.site.register import Register

ROOT = Path(__file__).parents[2]
SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
ENVIRONMENT = "import json, os; print(json.dumps(dict(os.environ)))"


@pytest.fixture(autouse=True)
def register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Register:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return Register()


def opened(below: Path) -> AbstractContextManager[Workbench]:
    return workbench(
        below=below, client=Path("client"), rounds=1, seconds=1, quick=True, progress=print
    )


def pids_of(bench: Workbench) -> list[int]:
    return [process.pid for process in marked(lambda mark: mark == bench.mark)]


def test_processes_are_found_by_the_mark_of_a_registered_run_and_end_with_it(
    tmp_path: Path, register: Register
) -> None:
    with opened(tmp_path) as bench:
        part = bench.process("sleep", SLEEP)
        (entry,) = register.entries()
        assert register.mark(entry.name) == bench.mark
        assert pids_of(bench) == [part.process.pid]
        assert register.clean() == [], "its run goes on"
        assert part.alive()
    assert not part.alive()
    assert list(register.entries()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_programs_are_marked_and_are_told_nothing_that_would_configure_a_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "somebody")
    monkeypatch.setenv("STREAM_MANAGER_STORE", "/elsewhere")
    with opened(tmp_path) as bench:
        told = bench.output_of([sys.executable, "-c", ENVIRONMENT])
    assert told[MARK] == bench.mark
    assert "AWS_PROFILE" not in told and "STREAM_MANAGER_STORE" not in told


def test_what_a_killed_run_left_is_cleaned(tmp_path: Path, register: Register) -> None:
    program = f"""
import os
from pathlib import Path
from bench.workbench import workbench
fields = {{"client": Path("client"), "rounds": 1, "seconds": 1, "quick": True, "progress": print}}
with workbench(below=Path({str(tmp_path)!r}), **fields) as bench:
    print(bench.process("sleep", {SLEEP!r}).process.pid, flush=True)
    os._exit(9)
"""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.returncode == 9, done.stderr
    left = psutil.Process(int(done.stdout))
    (entry,) = register.entries()
    assert register.clean() == [f"site {entry.name}: 1 processes"]
    assert not left.is_running() or left.status() == psutil.STATUS_ZOMBIE
