"""Processes of a site: started apart from us, found again by their mark, ended with all that they started."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from harness.environments.errors import EnvironmentUnavailable
from harness.environments.site.processes import (
    MARK,
    Part,
    environment_for,
    kill_marked,
    kill_with_children,
    marked,
    python,
    start,
    stop,
)
from harness.waiting import wait_until

SEEN_S = 10.0

# Starts a child of its own, which says its id, and does as it is told of SIGTERM.
FAMILY = """
import signal, subprocess, sys
signal.signal(signal.SIGTERM, getattr(signal, sys.argv[1]))
child = subprocess.Popen([sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(300)"])
child.wait()
"""

# A process that is never without a child: whoever kills the one it has meets the next.
PHOENIX = """
import subprocess, sys
while True:
    subprocess.run(["sleep", "300"])
"""

Run = Callable[..., Part]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Starts a part of Python code; whatever is left of it is killed at the end."""
    mark = str(tmp_path)
    parts: list[Part] = []

    def started(code: str, *arguments: str) -> Part:
        command = [sys.executable, "-c", code, *arguments]
        environment = environment_for(mark, {"GREETING": "hello"})
        parts.append(
            start("Part", command, environment=environment, log=tmp_path / "logs" / "part.log")
        )
        return parts[-1]

    yield started
    kill_marked(lambda each: each == mark)
    for part in parts:
        part.process.wait(SEEN_S)


def said(part: Part) -> str:
    """What a part has written, once it is a whole line."""
    wait_until(lambda: part.log.read_text().endswith("\n"), seconds=SEEN_S, what="a line")
    return part.log.read_text()


def running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


# -- starting --------------------------------------------------------------------------------------


def test_a_part_has_a_session_a_log_and_the_mark_of_its_own(run: Run, tmp_path: Path) -> None:
    code = (
        "import json, os, sys; print('to stderr', file=sys.stderr);"
        "print(json.dumps([os.getsid(0), sys.stdin.read(), dict(os.environ)]))"
    )
    part = run(code)
    part.process.wait(SEEN_S)
    error, line = said(part).splitlines()
    session, read, environment = json.loads(line)
    assert error == "to stderr"
    assert session == part.process.pid, "Ctrl-C in our terminal does not reach it"
    assert read == "", "it cannot wait for somebody to type"
    assert (environment[MARK], environment["GREETING"]) == (str(tmp_path), "hello")
    assert environment["PATH"] == os.environ["PATH"]


def test_a_part_that_is_started_again_goes_on_in_its_log(run: Run) -> None:
    for word in ("first", "second"):
        run(f"print({word!r})").process.wait(SEEN_S)
    assert (run("").log).read_text() == "first\nsecond\n"


def test_a_command_that_cannot_be_run_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentUnavailable) as refused:
        start("Part", [str(tmp_path / "missing")], environment={}, log=tmp_path / "part.log")
    assert str(refused.value).startswith("Part cannot be started: ")
    assert str(tmp_path / "missing") in str(refused.value)


def test_our_modules_run_in_our_own_interpreter() -> None:
    command = python("harness.taps.edge", "--help")
    assert subprocess.check_output(command, text=True).startswith("usage: ")


def test_a_part_that_died_shows_the_end_of_its_log(run: Run) -> None:
    part = run("for n in range(30): print('line', n)\nraise SystemExit(7)")
    part.process.wait(SEEN_S)
    assert not part.alive()
    text = str(part.died())
    assert text.startswith("Part ended with status 7 while the site was being stood up")
    assert text.splitlines()[-12:] == [f"line {number}" for number in range(18, 30)]


# -- stopping --------------------------------------------------------------------------------------


def test_a_part_is_asked_before_it_is_made_to_stop(run: Run) -> None:
    part = run(FAMILY, "SIG_DFL")
    said(part)
    assert part.alive()
    assert stop(part) is True
    assert part.process.returncode == -signal.SIGTERM


def test_a_part_that_does_not_listen_is_killed_with_its_children(run: Run) -> None:
    part = run(FAMILY, "SIG_IGN")
    child = int(said(part))
    assert stop(part, seconds=0.2) is False
    assert part.process.returncode == -signal.SIGKILL
    wait_until(lambda: not running(child), seconds=SEEN_S, what="the child to be gone")


def test_a_part_is_killed_with_all_that_it_started(run: Run) -> None:
    part = run(FAMILY, "SIG_IGN")
    child = int(said(part))
    kill_with_children(part)
    assert part.process.returncode == -signal.SIGKILL
    wait_until(lambda: not running(child), seconds=SEEN_S, what="the child to be gone")


def test_what_a_part_that_ended_by_itself_left_behind_is_killed(run: Run) -> None:
    part, other = run(FAMILY, "SIG_IGN"), run(FAMILY, "SIG_IGN")
    wait_until(lambda: len(said(part).split()) == 2, seconds=SEEN_S, what="both to have a child")
    children = psutil.Process(part.process.pid).children()
    part.process.kill()
    part.process.wait()
    assert [running(each.pid) for each in children] == [True], "the child has outlived its parent"
    kill_with_children(part)
    assert [running(each.pid) for each in children] == [False]
    assert [running(each.pid) for each in psutil.Process(other.process.pid).children()] == [True]


def test_stopping_what_has_ended_is_no_error(run: Run) -> None:
    part = run("")
    part.process.wait(SEEN_S)
    assert stop(part) is True


# -- by the mark -----------------------------------------------------------------------------------


def test_everything_that_carries_the_mark_is_killed(run: Run, tmp_path: Path) -> None:
    part = run(FAMILY, "SIG_IGN")
    child = int(said(part))
    part.process.kill()
    part.process.wait()
    assert running(child), "the child has outlived its parent"
    assert [process.pid for process in marked(lambda each: each == str(tmp_path))] == [child]
    assert kill_marked(lambda each: each == str(tmp_path)) == 1
    assert not running(child)
    assert kill_marked(lambda each: each == str(tmp_path)) == 0


def test_what_starts_others_meanwhile_is_killed_to_the_end(run: Run, tmp_path: Path) -> None:
    part = run(PHOENIX)
    children = psutil.Process(part.process.pid).children
    wait_until(children, seconds=SEEN_S, what="its first child")
    assert kill_marked(lambda each: each == str(tmp_path)) >= 2
    assert list(marked(lambda each: each == str(tmp_path) and running(part.process.pid))) == []


def test_another_s_mark_is_left_alone(run: Run, tmp_path: Path) -> None:
    part = run(FAMILY, "SIG_DFL")
    said(part)
    assert kill_marked(lambda each: each == f"{tmp_path}-of-another") == 0
    assert part.alive()


def test_we_do_not_kill_ourselves(tmp_path: Path) -> None:
    code = (
        "from harness.environments.site.processes import kill_marked;"
        f"print(kill_marked(lambda each: each == {str(tmp_path)!r}))"
    )
    environment = {**os.environ, MARK: str(tmp_path)}
    command = [sys.executable, "-c", code]
    assert subprocess.check_output(command, env=environment, text=True) == "0\n"
