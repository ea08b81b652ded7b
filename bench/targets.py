"""What a benchmark has to show."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bench.figures import Series, furthest_from_first, ratio

Measured = Mapping[str, Series]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of a target.

    Attributes:
        target: as a sentence.
        measured: the figure that it speaks of.
    """

    target: str
    measured: float
    met: bool


class Target(Protocol):
    """Judges what was measured."""

    def speaks_of(self) -> set[str]:
        """The subjects without which there is nothing to judge."""

    def judge(self, measured: Measured) -> Verdict:
        """Whether it is met."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AtLeastTimes:
    """One subject is at least so many times another one."""

    subject: str
    times: float
    other: str

    def speaks_of(self) -> set[str]:
        """Both."""
        return {self.subject, self.other}

    def judge(self, measured: Measured) -> Verdict:
        """Compare round by round."""
        found = ratio(measured[self.subject], measured[self.other])
        target = f"{self.subject} ≥ {self.times:g} times {self.other}"
        return Verdict(target=target, measured=found, met=found >= self.times)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bounded:
    """A subject's median on the right side of a bound."""

    subject: str
    bound: float

    def speaks_of(self) -> set[str]:
        """The one."""
        return {self.subject}

    def _verdict(self, series: Series, sign: str, *, met: bool) -> Verdict:
        target = f"{self.subject} {sign} {self.bound:g} {series.unit}"
        return Verdict(target=target, measured=series.median, met=met)


class AtLeast(_Bounded):
    """A subject's median is not less than a bound."""

    def judge(self, measured: Measured) -> Verdict:
        """Compare the median."""
        series = measured[self.subject]
        return self._verdict(series, "≥", met=series.median >= self.bound)


class AtMost(_Bounded):
    """A subject's median is not more than a bound."""

    def judge(self, measured: Measured) -> Verdict:
        """Compare the median."""
        series = measured[self.subject]
        return self._verdict(series, "≤", met=series.median <= self.bound)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flat:
    """All subjects are alike, within a share of the first one."""

    tolerance: float

    def speaks_of(self) -> set[str]:
        """Whoever is there."""
        return set()

    def judge(self, measured: Measured) -> Verdict:
        """Look at the one that is least like the first."""
        series = list(measured.values())
        found = furthest_from_first(series)
        target = f"all within ±{self.tolerance:.0%} of {series[0].name}"
        return Verdict(target=target, measured=found, met=abs(found - 1) <= self.tolerance)
