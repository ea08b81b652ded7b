"""How a command ends: its exit status, and the sentence that goes with a failure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class ExitStatus(IntEnum):
    """The exit statuses that others rely on."""

    VALID = 0
    INVALID = 1
    BAD_INPUT = 2
    UNKNOWN = 3
    NO_ENVIRONMENT = 4
    SURPRISED = 70
    INTERRUPTED = 130


_WORST_FIRST = (
    ExitStatus.NO_ENVIRONMENT,
    ExitStatus.INVALID,
    ExitStatus.UNKNOWN,
    ExitStatus.VALID,
)


def worst(statuses: Iterable[ExitStatus]) -> ExitStatus:
    """Of several scenarios' statuses the one that counts: the worst, in the order 4, 1, 3, 0."""
    return min(statuses, key=_WORST_FIRST.index, default=ExitStatus.VALID)


@dataclass(eq=False)
class CommandFailed(Exception):
    """A command cannot do what was asked; the text says what, where and how to mend it.

    Attributes:
        text: for the user; one sentence or several lines.
        status: exit status.
    """

    text: str
    status: ExitStatus = ExitStatus.BAD_INPUT

    def __str__(self) -> str:
        return self.text
