"""How long a night still takes, from how long what is over was expected to take and took."""

from collections.abc import Sequence
from datetime import datetime, timedelta


class Pace:
    """What is left of a night.

    Args:
        rough_s: about how long each run takes.
    """

    def __init__(self, rough_s: Sequence[float]) -> None:
        self._left_s = sum(rough_s)
        self._expected_s = 0.0
        self._took_s = 0.0

    def done(self, rough_s: float, took_s: float) -> None:
        """A run is over."""
        self._left_s -= rough_s
        self._expected_s += rough_s
        self._took_s += took_s

    @property
    def left_s(self) -> float:
        """Seconds, as slow as it went until now."""
        slow = self._took_s / self._expected_s if self._expected_s else 1.0
        return max(0.0, self._left_s * slow)

    def left(self, now: datetime) -> str:
        """In words, with the time at which it will be over."""
        end = now + timedelta(seconds=self.left_s)
        return f"about {self.left_s / 60:.0f} min to go, until {end:%H:%M}"
