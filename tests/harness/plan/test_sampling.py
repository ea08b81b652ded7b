from random import Random
from statistics import fmean, quantiles
from typing import Any

import pytest

from harness.plan.sampling import between, drawn_ms
from harness.scenario.distributions import Durations

COUNT = 4000


class OnlyRandom:
    """A generator without the methods whose values may change with Python's version."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed).random


def draws(**parameters: object) -> list[float]:
    distribution = Durations.model_validate(parameters).distribution
    draw: Any = OnlyRandom(7)
    return [drawn_ms(draw, distribution) for _ in range(COUNT)]


def test_what_is_fixed_is_always_the_same() -> None:
    assert {*draws(fixed={"value": "3s"})} == {3000}


def test_a_uniform_length_keeps_between_its_ends() -> None:
    found = draws(uniform={"shortest": "2s", "longest": "4s"})
    assert 2000 <= min(found) < 2010
    assert 3990 < max(found) <= 4000
    assert fmean(found) == pytest.approx(3000, rel=0.02)


def test_an_exponential_length_has_its_mean_and_no_memory() -> None:
    found = draws(exponential={"mean": "10s"})
    assert fmean(found) == pytest.approx(10_000, rel=0.05)
    longer = [each - 10_000 for each in found if each > 10_000]
    assert fmean(longer) == pytest.approx(10_000, rel=0.1)


def test_a_lognormal_length_has_its_median_and_its_tail() -> None:
    found = draws(lognormal={"median": "2s", "sigma": 1.5})
    cut = quantiles(found, n=100)
    assert cut[49] == pytest.approx(2000, rel=0.1)
    assert cut[83] == pytest.approx(2000 * 2.718**1.5, rel=0.15)


def test_a_pareto_length_has_a_tail_that_thins_by_a_power() -> None:
    found = draws(pareto={"shortest": "1s", "alpha": 1.5})
    assert min(found) >= 1000
    share = sum(each > 4000 for each in found) / COUNT
    assert share == pytest.approx(4**-1.5, rel=0.15)


def test_quantiles_are_met() -> None:
    found = draws(quantiles={"points": [["0%", "1s"], ["50%", "2s"], ["100%", "42s"]]})
    cut = quantiles(found, n=4)
    assert cut[0] == pytest.approx(1500, rel=0.05)
    assert cut[1] == pytest.approx(2000, rel=0.1)
    assert cut[2] == pytest.approx(22_000, rel=0.05)
    assert min(found) >= 1000 and max(found) <= 42_000


@pytest.mark.parametrize(
    "tail",
    [
        {"exponential": {"mean": "10s"}},
        {"lognormal": {"median": "2s", "sigma": 2}},
        {"pareto": {"shortest": "1s", "alpha": 1}},
    ],
)
def test_bounds_are_kept(tail: dict[str, dict[str, object]]) -> None:
    name, parameters = next(iter(tail.items()))
    found = draws(**{name: {**parameters, "at_least": "2s", "at_most": "5s"}})
    assert (min(found), max(found)) == (2000, 5000)


@pytest.mark.parametrize(("share", "value"), [(0, 10), (0.25, 15), (0.5, 20), (0.75, 60), (1, 100)])
def test_between_two_points_is_a_straight_line(share: float, value: float) -> None:
    assert between([(0, 10), (0.5, 20), (1, 100)], share) == value


def test_one_point_is_always_the_same() -> None:
    assert between([(0.5, 7)], 0.9) == 7
