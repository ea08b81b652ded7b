"""Waiting for a condition, the one place that knows how."""

import time
from collections.abc import Callable
from dataclasses import dataclass

POLL_S = 0.02


@dataclass(eq=False)
class WaitedInVain(Exception):
    """A condition did not come true in time.

    Attributes:
        what: what was waited for, to follow "waited for".
        seconds: how long.
    """

    what: str
    seconds: float

    def __str__(self) -> str:
        return f"waited {self.seconds:g} s for {self.what}, in vain"


def wait_until(
    condition: Callable[[], object], *, seconds: float, what: str, poll_s: float = POLL_S
) -> None:
    """Return as soon as `condition()` is true.

    Raises:
        WaitedInVain: it was not true within `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise WaitedInVain(what, seconds)
        time.sleep(poll_s)  # noqa: TID251 - the one place where a condition is polled


def pause(seconds: float) -> None:
    """Let time pass for the sake of a plan: an outage lasts, a source runs."""
    time.sleep(seconds)  # noqa: TID251
