"""Values drawn from distributions: one `Random.random()` each, the one method whose values Python promises to keep.

The rest is done by logarithm and exponential, and rounded to whole units: a machine whose last digit differs makes the
same plan.
"""

import math
from collections.abc import Sequence
from random import Random
from statistics import NormalDist

from harness.scenario.distributions import (
    Distribution,
    Exponential,
    Fixed,
    Lognormal,
    Pareto,
    Quantiles,
    Uniform,
)

_NORMAL = NormalDist()
_SMALLEST = 2.0**-53
"""Random draws whole multiples of it, zero among them, which has no logarithm."""


def drawn_ms(draw: Random, distribution: Distribution) -> float:
    """One duration, in milliseconds."""
    share = draw.random()
    match distribution:
        case Fixed(value_ms=value_ms):
            return value_ms
        case Uniform(shortest_ms=shortest_ms, longest_ms=longest_ms):
            return shortest_ms + share * (longest_ms - shortest_ms)
        case Exponential(mean_ms=mean_ms):
            return distribution.bounded(-mean_ms * math.log(1 - share))
        case Lognormal(median_ms=median_ms, sigma=sigma):
            deviation = _NORMAL.inv_cdf(max(share, _SMALLEST))
            return distribution.bounded(median_ms * math.exp(sigma * deviation))
        case Pareto(shortest_ms=shortest_ms, alpha=alpha):
            return distribution.bounded(shortest_ms * (1 - share) ** (-1 / alpha))
        case Quantiles(points=points):
            return between(points, share)


def between(points: Sequence[tuple[float, int]], share: float) -> float:
    """The value at a share of all, in a straight line between the two points around it."""
    before = points[0]
    for point in points[1:]:
        if share <= point[0]:
            width = point[0] - before[0]
            return before[1] + (share - before[0]) / width * (point[1] - before[1])
        before = point
    return points[-1][1]
