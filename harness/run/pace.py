"""How a run lets time pass: the one thing that a test of it replaces."""

import threading
from collections.abc import Callable
from typing import Protocol


class Running(Protocol):
    """Something that goes on beside the run."""

    def is_alive(self) -> bool:
        """Whether it has not ended."""

    def join(self, timeout: float | None = None) -> None:
        """Return when it has ended, or after so many seconds."""


class Pace(Protocol):
    """Time of a run, in milliseconds since the origin."""

    def now_ms(self) -> float:
        """The time."""

    def wait(self, until_ms: float, over: Callable[[], bool]) -> bool:
        """Return true as soon as `over()` is, false when it is `until_ms`. `over` is asked again and again."""

    def begin(self, name: str, body: Callable[[], None]) -> Running:
        """Let something go on beside the run; it may wait, too."""


class RealPace:
    """Time as it passes.

    Args:
        now_ms: the environment's clock.
        poll_s: how often a condition is asked.
    """

    def __init__(self, now_ms: Callable[[], float], poll_s: float = 0.01) -> None:
        self._now_ms = now_ms
        self._poll_s = poll_s
        self._never = threading.Event()

    def now_ms(self) -> float:
        """The time."""
        return self._now_ms()

    def wait(self, until_ms: float, over: Callable[[], bool]) -> bool:
        """See Pace."""
        while True:
            if over():
                return True
            left_s = (until_ms - self._now_ms()) / 1000
            if left_s <= 0:
                return False
            self._never.wait(min(left_s, self._poll_s))

    def begin(self, name: str, body: Callable[[], None]) -> Running:
        """See Pace."""
        thread = threading.Thread(target=body, name=name, daemon=True)
        thread.start()
        return thread
