import pytest

from bench.figures import Series
from bench.targets import AtLeast, AtLeastTimes, AtMost, Flat, Target


def measured(**values: float) -> dict[str, Series]:
    return {
        name: Series(name=name, unit="s", values=(value, value, value))
        for name, value in values.items()
    }


@pytest.mark.parametrize(
    ("target", "values", "figure", "met"),
    [
        (AtLeastTimes(subject="a", times=0.6, other="b"), {"a": 6, "b": 10}, 0.6, True),
        (AtLeastTimes(subject="a", times=0.6, other="b"), {"a": 5.9, "b": 10}, 0.59, False),
        (AtLeast(subject="a", bound=1000), {"a": 1000}, 1000, True),
        (AtLeast(subject="a", bound=1000), {"a": 999}, 999, False),
        (AtMost(subject="a", bound=80), {"a": 80}, 80, True),
        (AtMost(subject="a", bound=80), {"a": 81}, 81, False),
        (Flat(tolerance=0.2), {"a": 10, "b": 12, "c": 9}, 1.2, True),
        (Flat(tolerance=0.2), {"a": 10, "b": 12.1}, 1.21, False),
        (Flat(tolerance=0.2), {"a": 10, "b": 7.9}, 0.79, False),
    ],
)
def test_a_target_is_met_at_its_bound_and_missed_beyond(
    target: Target, values: dict[str, float], figure: float, met: bool
) -> None:
    verdict = target.judge(measured(**values))
    assert (verdict.measured, verdict.met) == (pytest.approx(figure), met)


def test_a_target_says_itself_what_it_wants() -> None:
    assert (
        AtLeastTimes(subject="a", times=1.5, other="b").judge(measured(a=3, b=1)).target
        == "a ≥ 1.5 times b"
    )
    assert AtMost(subject="a", bound=80).judge(measured(a=3)).target == "a ≤ 80 s"
    assert Flat(tolerance=0.2).judge(measured(a=3, b=3)).target == "all within ±20% of a"
