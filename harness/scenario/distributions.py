"""Distributions of durations and of levels, as a connectivity preset has them. Values only: drawing is the plan's."""

from typing import Annotated, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from harness.scenario.part import Choice, Part
from harness.scenario.quantities import Bandwidth, Duration, Share

Positive = Annotated[float, Field(gt=0, le=100)]


class _Bounded(Part):
    """Values beyond its bounds are taken for the bounds."""

    at_least_ms: Duration | None = Field(
        default=None, alias="at_least", description="Shorter ones are taken to last so long."
    )
    at_most_ms: Duration | None = Field(
        default=None, alias="at_most", description="Longer ones are taken to last so long."
    )

    @model_validator(mode="after")
    def _in_order(self) -> "_Bounded":
        if self.at_most_ms is not None and self.at_most_ms < (self.at_least_ms or 1):
            raise PydanticCustomError("bounds", "`at_most` is less than `at_least`; swap them")
        return self

    def bounded(self, value_ms: float) -> float:
        """The value within the bounds."""
        value_ms = max(value_ms, self.at_least_ms or 0)
        return value_ms if self.at_most_ms is None else min(value_ms, self.at_most_ms)


class Fixed(Part):
    """Always the same."""

    value_ms: Duration = Field(alias="value", description="How long.")


class Uniform(Part):
    """Every duration between two is as likely as any other."""

    shortest_ms: Duration = Field(alias="shortest", description="The shortest.")
    longest_ms: Duration = Field(alias="longest", description="The longest.")

    @model_validator(mode="after")
    def _in_order(self) -> "Uniform":
        if self.longest_ms < self.shortest_ms:
            raise PydanticCustomError("bounds", "`longest` is less than `shortest`; swap them")
        return self


class Exponential(_Bounded):
    """What may end at any moment, whatever has passed: the length of stay in a state of a Gilbert-Elliott model."""

    mean_ms: Duration = Field(alias="mean", description="Its mean, before bounds.")


class Lognormal(_Bounded):
    """Many short ones, few long ones."""

    median_ms: Duration = Field(alias="median", description="Half are shorter.")
    sigma: Positive = Field(description="Of the logarithm: with 1 every sixth is 2.7 medians long.")


class Pareto(_Bounded):
    """A heavy tail: however long it has lasted, it may well last twice as long."""

    shortest_ms: Duration = Field(alias="shortest", description="The shortest.")
    alpha: Positive = Field(description="The smaller, the heavier the tail.")


class Quantiles(Part):
    """What was measured, or is known of it: shares of all, and how long these last at most.

    Between two shares values are drawn evenly.
    """

    points: tuple[tuple[Share, Duration], ...] = Field(
        min_length=2,
        description="Pairs such as `[50%, 2s]`, from `0%` to `100%`, both rising.",
    )

    @model_validator(mode="after")
    def _rise(self) -> "Quantiles":
        _check_rising(self.points)
        return self


class Levels(Part):
    """How narrow or slow a link is, drawn anew every so often from what was measured."""

    every_ms: Duration = Field(alias="every", description="How long each value holds.")


class Latencies(Levels):
    """Of a round trip, besides what the scenario holds on its links."""

    points: tuple[tuple[Share, Duration], ...] = Field(
        min_length=1,
        description="Pairs such as `[50%, 80ms]`, from `0%` to `100%`, both rising; or one pair, for always the same.",
    )

    @model_validator(mode="after")
    def _rise(self) -> "Latencies":
        _check_rising(self.points)
        return self


class Bandwidths(Levels):
    """Bytes per second, each way and per connection."""

    points: tuple[tuple[Share, Bandwidth], ...] = Field(
        min_length=1,
        description="Pairs such as `[50%, 100kB/s]`, from `0%` to `100%`, both rising; or one, for always the same.",
    )

    @model_validator(mode="after")
    def _rise(self) -> "Bandwidths":
        _check_rising(self.points)
        return self


def _check_rising(points: tuple[tuple[float, int], ...]) -> None:
    shares, values = [share for share, _ in points], [value for _, value in points]
    if len(points) > 1 and (shares[0], shares[-1]) != (0.0, 1.0):
        raise PydanticCustomError("points", "the first share is not 0% or the last not 100%")
    if shares != sorted(set(shares)) or values != sorted(values):
        raise PydanticCustomError("points", "shares and values have to rise; sort them")


Distribution: TypeAlias = Fixed | Uniform | Exponential | Lognormal | Pareto | Quantiles


class Durations(Choice):
    """How long something lasts: one distribution with its parameters."""

    fixed: Fixed | None = Field(default=None, description="Always the same.")
    uniform: Uniform | None = Field(default=None, description="Between two ends.")
    exponential: Exponential | None = Field(default=None, description="Without a memory.")
    lognormal: Lognormal | None = Field(default=None, description="Many short, few long.")
    pareto: Pareto | None = Field(default=None, description="A heavy tail.")
    quantiles: Quantiles | None = Field(default=None, description="As it was measured.")

    @property
    def distribution(self) -> Distribution:
        """The one that was chosen."""
        return self.chosen  # type: ignore[return-value]
