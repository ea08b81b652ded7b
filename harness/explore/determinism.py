"""Whether two runs of the same plan tell the same, and if not, where they part."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

NOTHING = "(nothing: the history has ended)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence:
    """The first line in which two histories differ.

    Attributes:
        number: of the line, counted from 1.
        first, second: what each of them tells there.
    """

    number: int
    first: str
    second: str

    def __str__(self) -> str:
        return f"line {self.number} differs\n    first   {self.first}\n    second  {self.second}"


def divergence(first: Sequence[str], second: Sequence[str]) -> Divergence | None:
    """Where two histories part; None: they are the same to the byte."""
    pairs = enumerate(zip_longest(first, second, fillvalue=NOTHING), start=1)
    return next(
        (
            Divergence(number=n, first=one, second=other)
            for n, (one, other) in pairs
            if one != other
        ),
        None,
    )
