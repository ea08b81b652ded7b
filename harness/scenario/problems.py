"""What can be wrong with a scenario file, and where."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]
"""Where in a document: `("steps", 0, "for")`."""


class Severity(StrEnum):
    """An error keeps the scenario from being run, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        file: as the user named it.
        line, column: counted from 1; 0 when the file as a whole is meant.
        path: `steps[0].for`; empty for the whole document.
        text: what is wrong and how to mend it.
    """

    file: str
    line: int
    column: int
    path: str
    text: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        kind = "warning: " if self.severity is Severity.WARNING else ""
        return ": ".join([place, *([self.path] if self.path else []), kind + self.text])


class BadScenario(Exception):
    """Files that are no sound scenarios.

    Attributes:
        problems: all that was found, in the order of the files.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type["BadScenario"], tuple[tuple[Problem, ...]]]:
        """It travels between processes with its problems, not with their text."""
        return type(self), (self.problems,)


def render_path(path: Sequence[str | int]) -> str:
    """`steps[0].for`."""
    rendered = ""
    for part in path:
        rendered += f"[{part}]" if isinstance(part, int) else f".{part}" if rendered else str(part)
    return rendered
