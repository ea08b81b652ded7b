"""Installing several tools side by side, so that whoever is interrupted does not wait for any of them."""

import subprocess
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from threading import Event
from typing import Any, Protocol, TypeVar

import psutil

FINISH_S = 60.0
"""When one tool cannot be had, so long the others may go on: what is installed then is kept."""

LOOK_S = 0.1

_interrupted = Event()
_running: set["subprocess.Popen[str]"] = set()

T = TypeVar("T")


class Interrupted(Exception):
    """Somebody who waited for this installation waits no more."""


class Beside(Protocol):
    """Starts something that goes on beside whatever else is done."""

    def __call__(self, call: Callable[[], T], /) -> "Future[T]":
        """What it will come to."""


@contextmanager
def side_by_side(workers: int = 2) -> Iterator[Beside]:
    """A block that ends when everything has ended that was started beside it.

    When it fails, the rest has `FINISH_S` left; when it is interrupted, the rest is ended at once.
    """
    pool = ThreadPoolExecutor(workers, thread_name_prefix="install")
    futures: list[Future[Any]] = []

    def beside(call: Callable[[], T], /) -> "Future[T]":
        future = pool.submit(call)
        futures.append(future)
        return future

    try:
        try:
            yield beside
        except Exception:
            wait(futures, FINISH_S)
            raise
        wait(futures)
    finally:
        _end(futures)
        pool.shutdown()


def _end(futures: Iterable["Future[Any]"]) -> None:
    """End what has not ended yet."""
    if not wait(futures, 0).not_done:
        return
    _interrupted.set()
    try:
        while wait(futures, LOOK_S).not_done:
            for process in list(_running):
                kill(process)
    finally:
        _interrupted.clear()


@contextmanager
def running(process: "subprocess.Popen[str]") -> Iterator[None]:
    """A block that waits for an installer; whatever ends the block ends the installer."""
    _running.add(process)
    with process:
        try:
            # Whoever was interrupted just now has not seen it.
            go_on()
            yield
        finally:
            kill(process)
            _running.discard(process)


def go_on(seconds: float = 0.0) -> None:
    """Wait a while, which may be none, and then go on.

    Raises:
        Interrupted: nobody waits any more.
    """
    if _interrupted.wait(seconds):
        raise Interrupted


def kill(process: "subprocess.Popen[str]") -> None:
    """End an installer and all that it started, if it still runs."""
    if process.poll() is not None:
        return
    with suppress(psutil.Error):
        parent = psutil.Process(process.pid)
        for each in [parent, *parent.children(recursive=True)]:
            with suppress(psutil.Error):
                each.kill()
