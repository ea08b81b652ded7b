"""Processes that stand still for a while: SIGSTOP and SIGCONT, which nobody can refuse."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

from harness.environments.errors import InjectionFailed


@contextmanager
def suspended(what: str, pid: int, *, with_children: bool) -> Iterator[None]:
    """A process stands still; leaving the block lets it go on.

    Args:
        what: it is called.
        with_children: whether everything that it has started stands still with it.

    Raises:
        InjectionFailed: it has ended.
    """
    stopped: list[psutil.Process] = []
    try:
        try:
            _suspend(psutil.Process(pid), stopped, with_children=with_children)
        except psutil.NoSuchProcess:
            raise InjectionFailed(f"{what} cannot be paused: it has just ended") from None
        yield
    finally:
        # The children first: their parent finds them as it left them.
        for process in reversed(stopped):
            with suppress(psutil.NoSuchProcess):
                process.resume()


def _suspend(
    process: psutil.Process, stopped: list[psutil.Process], *, with_children: bool
) -> None:
    """Parents before children: one that stands still starts no more of them."""
    process.suspend()
    stopped.append(process)
    for child in process.children() if with_children else ():
        with suppress(psutil.NoSuchProcess):
            _suspend(child, stopped, with_children=True)
