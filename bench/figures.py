"""What is measured, and how figures are compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One subject's values, one of each round.

    Attributes:
        name: of the subject.
        unit: of the values.
    """

    name: str
    unit: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle of the values."""
        return median(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        """The quartiles: half of the values lie between them."""
        ordered = sorted(self.values)
        half = len(ordered) // 2
        lower, upper = ordered[:half] or ordered, ordered[-half:]
        return median(lower), median(upper)


def ratio(one: Series, other: Series) -> float:
    """How many times `other` `one` is: the median of the rounds' own ratios, for a machine is not always equally fast.

    Raises:
        ValueError: they were not measured in the same rounds.
    """
    return median(a / b for a, b in zip(one.values, other.values, strict=True))


def furthest_from_first(series: Sequence[Series]) -> float:
    """The ratio to the first series of the one that is least like it."""
    ratios = [ratio(each, series[0]) for each in series[1:]]
    return max(ratios, key=lambda each: max(each, 1 / each))
