"""How a load's rate goes over time, and when each of its readings is due: pure, shared by the plan and the locustfile.

Reading k of a sensor is due when the integral of the rate since the first reading passes k. All shapes are endless, so
that a load can run on after its planned time. Times are milliseconds since the first reading is due.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

# Sums of rates times durations: 0.05 * 20 shall be 1, not 0.9999999999.
_SLACK = 1e-6


class ShapeName(StrEnum):
    """The shapes."""

    STEADY = "steady"
    RAMP = "ramp"
    BURST = "burst"
    DUTY = "duty"


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A time in which the rate goes from one value to another in a straight line.

    Attributes:
        length_ms: may be infinite when the rate stays the same.
        from_hz, to_hz: readings per second at its ends.
    """

    length_ms: float
    from_hz: float
    to_hz: float

    @property
    def _slope(self) -> float:
        return (self.to_hz - self.from_hz) / self.length_ms

    def count(self, ms: float) -> float:
        """The integral of the rate over its first `ms`."""
        if self.from_hz == self.to_hz:
            return ms * self.from_hz / 1000
        return (self.from_hz * ms + self._slope * ms * ms / 2) / 1000

    @property
    def whole(self) -> float:
        """The integral over all of it."""
        return self.count(self.length_ms)

    def due_ms(self, count: float) -> float:
        """When the integral reaches `count`, which it does before the end."""
        if self.from_hz == self.to_hz:
            return count * 1000 / self.from_hz
        if count <= 0:
            return 0.0
        root = math.sqrt(self.from_hz**2 + 2 * self._slope * 1000 * count)
        return 2000 * count / (self.from_hz + root)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """See the module. What a shape has no use for is ignored.

    Attributes:
        over_ms: how long a ramp rises from nothing to the rate; it stays there afterwards.
        every_ms: the period of bursts and duty cycles.
        lasting_ms: of each period the part at its end that is a burst, or the part at its beginning that is on.
        times: how many times the rate a burst has.
    """

    name: ShapeName = ShapeName.STEADY
    over_ms: int = 60_000
    every_ms: int = 30_000
    lasting_ms: int = 5_000
    times: float = 5.0

    def due_ms(self, ordinal: int, rate_hz: float) -> float:
        """When reading `ordinal` of a sensor is due.

        Args:
            rate_hz: the rate that the shape varies, above 0.
        """
        begins_ms, left = 0.0, float(ordinal)
        if self._repeats and ordinal:
            per_period = sum(stretch.whole for stretch in self._stretches(rate_hz))
            periods = math.floor((ordinal + _SLACK) / per_period)
            begins_ms, left = float(periods * self.every_ms), ordinal - periods * per_period
        for stretch in self._endless(rate_hz):
            if math.isinf(stretch.length_ms) or left < stretch.whole - _SLACK:
                return begins_ms + stretch.due_ms(max(0.0, left))
            begins_ms, left = begins_ms + stretch.length_ms, left - stretch.whole
        raise AssertionError("a shape is endless")

    def readings_before(self, ms: float, rate_hz: float) -> int:
        """How many readings of a sensor are due before `ms`."""
        count, left_ms = 0.0, ms
        if self._repeats:
            periods = math.floor(ms / self.every_ms)
            count = periods * sum(stretch.whole for stretch in self._stretches(rate_hz))
            left_ms = ms - periods * self.every_ms
        for stretch in self._endless(rate_hz):
            if left_ms <= stretch.length_ms:
                return int(count + stretch.count(left_ms) + _SLACK)
            count, left_ms = count + stretch.whole, left_ms - stretch.length_ms
        raise AssertionError("a shape is endless")

    def highest_hz(self, rate_hz: float) -> float:
        """The highest rate that it reaches."""
        return rate_hz * max(1.0, self.times) if self.name is ShapeName.BURST else rate_hz

    @property
    def _repeats(self) -> bool:
        return self.name in (ShapeName.BURST, ShapeName.DUTY)

    def _endless(self, rate_hz: float) -> Iterator[_Stretch]:
        yield from self._stretches(rate_hz)
        if self._repeats:
            # What rounding leaves of a period is due at the beginning of the next.
            yield from self._stretches(rate_hz)

    def _stretches(self, rate_hz: float) -> tuple[_Stretch, ...]:
        """Of one period, or of all time."""
        rest_ms = self.every_ms - self.lasting_ms
        match self.name:
            case ShapeName.RAMP:
                rise = _Stretch(self.over_ms, 0.0, rate_hz)
                return (rise, _Stretch(math.inf, rate_hz, rate_hz))
            case ShapeName.BURST:
                burst_hz = rate_hz * self.times
                return (
                    _Stretch(rest_ms, rate_hz, rate_hz),
                    _Stretch(self.lasting_ms, burst_hz, burst_hz),
                )
            case ShapeName.DUTY:
                return (_Stretch(self.lasting_ms, rate_hz, rate_hz), _Stretch(rest_ms, 0.0, 0.0))
        return (_Stretch(math.inf, rate_hz, rate_hz),)
