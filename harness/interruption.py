"""SIGTERM and a terminal that goes away end what runs as Ctrl-C does, so that it leaves nothing behind."""

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

LIKE_CTRL_C = (signal.SIGTERM, signal.SIGHUP)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _in_main_thread() -> bool:
    # Only there can handlers be set, and only there do they run.
    return threading.current_thread() is threading.main_thread()


def _set(handlers: Iterable[tuple[signal.Signals, Any]]) -> Callable[[], None]:
    """Set handlers; returns what sets back those that were there."""
    before = [(number, signal.signal(number, handler)) for number, handler in handlers]

    def restore() -> None:
        for number, handler in before:
            # A handler that was not set from Python is told as None, and cannot be set again.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    return restore


def interrupt_when_told_to_end() -> Callable[[], None]:
    """Have SIGTERM and SIGHUP raise KeyboardInterrupt, unless somebody else handles or ignores them already.

    Returns:
        What undoes it.
    """
    if not _in_main_thread():
        return lambda: None
    free = [number for number in LIKE_CTRL_C if signal.getsignal(number) is signal.SIG_DFL]
    return _set((number, _interrupt) for number in free)


@contextmanager
def interruptible() -> Iterator[None]:
    """The same for a block."""
    restore = interrupt_when_told_to_end()
    try:
        yield
    finally:
        restore()


@contextmanager
def undisturbed() -> Iterator[None]:
    """No signal breaks the block off: for what has to be done whatever happens, and takes seconds at most."""
    if not _in_main_thread():
        yield
        return
    restore = _set((number, signal.SIG_IGN) for number in (signal.SIGINT, *LIKE_CTRL_C))
    try:
        yield
    finally:
        restore()
