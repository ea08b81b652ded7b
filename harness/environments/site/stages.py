"""What standing a site up is spent on."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from harness.tools.cache import Progress


class Stages:
    """What standing up is spent on.

    Args:
        progress: told of each stage when it is over.

    Attributes:
        spent: name and seconds of each, in order.
    """

    def __init__(self, progress: Progress, clock_s: Callable[[], float] = time.monotonic) -> None:
        self.spent: list[tuple[str, float]] = []
        self._progress = progress
        self._clock_s = clock_s

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """One stage."""
        began_s = self._clock_s()
        yield
        seconds = self._clock_s() - began_s
        self.spent.append((name, round(seconds, 3)))
        self._progress(f"{name} {seconds:.1f} s")
