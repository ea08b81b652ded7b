"""Installing side by side: nobody waits for what nobody wants any more, and nothing of it is left running."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from harness.tools import installing
from harness.tools.cache import installed
from harness.tools.commands import run
from harness.tools.errors import ToolUnavailable
from harness.tools.installing import Interrupted, side_by_side
from harness.waiting import wait_until

SEEN_S = 20.0
SLEEPS = "echo $$ > pid; sleep 300 & wait"


def installer(folder: Path) -> Callable[[], str]:
    """One that starts a child, says who it is and never ends."""
    return lambda: run(["/bin/sh", "-c", SLEEPS], what="No tool", environment={}, directory=folder)


def pid_in(folder: Path) -> int:
    file = folder / "pid"
    wait_until(lambda: file.exists() and file.read_text(), seconds=SEEN_S, what="the installer")
    return int(file.read_text())


def test_the_block_ends_when_all_have_ended() -> None:
    ended = threading.Event()
    with side_by_side() as beside:
        future = beside(lambda: ended.wait(SEEN_S))
        ended.set()
    assert future.result(0)


def test_an_interrupted_block_ends_what_runs_with_all_that_it_started(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), side_by_side() as beside:
        future = beside(installer(tmp_path))
        shell = psutil.Process(pid_in(tmp_path))
        wait_until(shell.children, seconds=SEEN_S, what="its child")
        family = [shell, *shell.children()]
        raise KeyboardInterrupt
    with pytest.raises(ToolUnavailable):
        future.result(0)
    _, alive = psutil.wait_procs(family, SEEN_S)
    assert alive == []


def test_what_has_not_begun_when_it_is_interrupted_never_does(tmp_path: Path) -> None:
    def two() -> None:
        with pytest.raises(ToolUnavailable):
            installer(tmp_path)()
        installer(tmp_path)()

    with pytest.raises(KeyboardInterrupt), side_by_side() as beside:
        future = beside(two)
        pid_in(tmp_path)
        (tmp_path / "pid").unlink()
        raise KeyboardInterrupt
    with pytest.raises(Interrupted):
        future.result(0)
    assert not (tmp_path / "pid").exists()


def test_nobody_waits_for_a_lock_who_is_interrupted(
    cache: Path, tmp_path: Path, told: Callable[[str], None]
) -> None:
    inside, leave, waiting = threading.Event(), threading.Event(), threading.Event()

    def slow(part: Path) -> None:
        inside.set()
        leave.wait(SEEN_S)

    other = threading.Thread(target=installed, args=("tool", slow), kwargs={"progress": told})
    other.start()
    assert inside.wait(SEEN_S)
    with pytest.raises(KeyboardInterrupt), side_by_side() as beside:
        future = beside(lambda: installed("tool", Path.mkdir, progress=lambda _: waiting.set()))
        assert waiting.wait(SEEN_S)
        raise KeyboardInterrupt
    with pytest.raises(Interrupted):
        future.result(0)
    leave.set()
    other.join(SEEN_S)
    run(["/bin/true"], what="Nothing", environment={})


def test_others_may_finish_when_one_cannot_be_had(tmp_path: Path) -> None:
    def finishes() -> str:
        return run(["/bin/sh", "-c", "echo done"], what="No tool", environment={})

    with pytest.raises(ToolUnavailable, match="No network"), side_by_side() as beside:
        future = beside(finishes)
        raise ToolUnavailable("No network")
    assert future.result(0) == "done\n"


def test_but_not_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installing, "FINISH_S", 0.2)
    began = time.monotonic()
    with pytest.raises(ToolUnavailable, match="No network"), side_by_side() as beside:
        beside(installer(tmp_path))
        pid_in(tmp_path)
        raise ToolUnavailable("No network")
    assert time.monotonic() - began < SEEN_S


def test_a_killed_harness_leaves_no_installer(tmp_path: Path) -> None:
    code = (
        "from harness.tools.commands import run;"
        "run(['/bin/sh', '-c', 'echo $$ > pid; exec sleep 300'], what='', environment={})"
    )
    harness = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path)
    own = psutil.Process(pid_in(tmp_path))
    os.kill(harness.pid, signal.SIGKILL)
    harness.wait()
    _, alive = psutil.wait_procs([own], SEEN_S)
    assert alive == []
