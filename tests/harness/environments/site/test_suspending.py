"""Real processes that stand still, and go on."""

import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from harness.environments.errors import InjectionFailed
from harness.environments.site.suspending import suspended
from harness.waiting import wait_until

SEEN_S = 20.0
PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=sys.stdin)
child.wait()
"""


@pytest.fixture
def family() -> Iterator[tuple[psutil.Process, psutil.Process]]:
    """A process and its child."""
    started = subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE)
    parent = psutil.Process(started.pid)
    wait_until(lambda: bool(parent.children()), seconds=SEEN_S, what="the child")
    child = parent.children()[0]
    yield parent, child
    for process in (child, parent):
        if process.is_running():
            process.kill()
    started.wait()
    assert started.stdin is not None
    started.stdin.close()


def still(process: psutil.Process) -> bool:
    return bool(process.status() == psutil.STATUS_STOPPED)


def test_a_process_stands_still_with_its_children_and_goes_on(
    family: tuple[psutil.Process, psutil.Process],
) -> None:
    parent, child = family
    with suspended("it", parent.pid, with_children=True):
        wait_until(lambda: still(parent) and still(child), seconds=SEEN_S, what="both to stop")
    wait_until(lambda: not still(parent) and not still(child), seconds=SEEN_S, what="both to go on")


def test_a_process_can_stand_still_alone(family: tuple[psutil.Process, psutil.Process]) -> None:
    parent, child = family
    with suspended("it", parent.pid, with_children=False):
        wait_until(lambda: still(parent), seconds=SEEN_S, what="it to stop")
        assert not still(child)


def test_it_goes_on_whatever_happens(family: tuple[psutil.Process, psutil.Process]) -> None:
    parent, _ = family
    with pytest.raises(ZeroDivisionError), suspended("it", parent.pid, with_children=True):
        raise ZeroDivisionError
    wait_until(lambda: not still(parent), seconds=SEEN_S, what="it to go on")


def test_one_that_is_killed_meanwhile_is_no_trouble(
    family: tuple[psutil.Process, psutil.Process],
) -> None:
    parent, child = family
    with suspended("it", parent.pid, with_children=True):
        child.kill()
        parent.kill()


def test_one_that_has_ended_is_told() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    with (
        pytest.raises(InjectionFailed, match="it cannot be paused: it has just ended"),
        suspended("it", ended.pid, with_children=True),
    ):
        pytest.fail("the block is not entered")
