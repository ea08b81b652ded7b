"""Whoever tries scenarios out is gone when the one who asked for it is, however that one ended."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from harness.explore.workers import workers
from harness.waiting import wait_until

SEEN_S = 60
GONE_S = 20
LONG = ["--length", "24h", "--jobs", "2"]


@pytest.fixture
def exploring(tmp_path: Path) -> Iterator[psutil.Process]:
    """A real exploration whose scenarios take longer than anybody waits here."""
    words = [sys.executable, "-m", "harness.cli", "explore", *LONG, "--reports", str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        yield psutil.Process(process.pid)
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL])
def test_no_worker_is_left_of_an_exploration_that_was_told_to_end(
    exploring: psutil.Process, number: signal.Signals
) -> None:
    wait_until(lambda: len(exploring.children()) == 3, seconds=SEEN_S, what="its two workers")
    family = [exploring, *exploring.children(recursive=True)]
    exploring.send_signal(number)
    _, alive = psutil.wait_procs(family, GONE_S)
    assert alive == []


def test_two_workers_are_processes_of_their_own() -> None:
    with workers(2) as (crew, hands):
        asked = [crew.submit(os.getpid) for _ in range(3)]
        assert os.getpid() not in {each.result(SEEN_S) for each in asked}
    assert hands == 2


@pytest.fixture
def nobody_handles_sigterm() -> Iterator[None]:
    """A site that another test of this process keeps up has a handler of its own."""
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("nobody_handles_sigterm")
def test_a_signal_is_handled_as_before_when_the_work_is_over() -> None:
    with workers(1):
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
