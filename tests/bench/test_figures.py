import pytest

from bench.figures import Series, furthest_from_first, ratio


def series(*values: float) -> Series:
    return Series(name="x", unit="y", values=values)


def test_a_series_tells_its_median_and_quartiles() -> None:
    assert series(5, 1, 3).median == 3
    assert series(1, 2, 3, 4, 5, 6, 7, 8, 100).spread == (2.5, 7.5)
    assert series(4).spread == (4, 4)


def test_a_ratio_is_that_of_the_rounds_not_of_the_medians() -> None:
    # The machine was ten times slower in two rounds; the subjects were always alike.
    assert ratio(series(100, 10, 100, 10, 90), series(100, 10, 100, 10, 90)) == 1
    assert ratio(series(50, 5, 10), series(100, 10, 1)) == 0.5


def test_subjects_of_different_rounds_have_no_ratio() -> None:
    with pytest.raises(ValueError):
        ratio(series(1, 2), series(1))


@pytest.mark.parametrize(
    ("others", "furthest"), [((11.0, 12.0), 1.2), ((11.0, 8.0), 0.8), ((9.0, 14.0), 1.4)]
)
def test_the_furthest_from_the_first_may_be_more_or_less(
    others: tuple[float, ...], furthest: float
) -> None:
    found = furthest_from_first([series(10.0), *map(series, others)])
    assert found == pytest.approx(furthest)
