"""What the parts of a site are to whoever waits for them, processes or containers."""

from typing import Protocol

from harness.environments.errors import EnvironmentUnavailable

LOG_TAIL_LINES = 12


class RunningPart(Protocol):
    """A part of a site that was started."""

    @property
    def name(self) -> str:
        """What it is, to begin a sentence with: `The edge tap`."""

    @property
    def told_in(self) -> str:
        """Where its output is, to follow "the end of"."""

    def alive(self) -> bool:
        """Whether it still runs."""

    def printed(self) -> str:
        """All of its output so far."""

    def died(self) -> EnvironmentUnavailable:
        """The error to raise when it ended although it should not have."""


def tail(part: RunningPart) -> str:
    """The end of a part's output, for an error that explains itself."""
    return "\n".join(part.printed().splitlines()[-LOG_TAIL_LINES:])
