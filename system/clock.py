"""The port to time."""

from typing import Protocol


class Clock(Protocol):
    """Tells the time; handed in, so that a simulator can make its own."""

    def wall_ms(self) -> int:
        """Epoch milliseconds. May jump either way."""

    def monotonic_ms(self) -> int:
        """Milliseconds from some origin. Never goes back."""
