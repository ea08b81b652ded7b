import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.load.shape import Shape, ShapeName

RATES = st.sampled_from([0.3, 1.0, 7.0, 20.0, 50.0, 200.0])
SHAPES = st.builds(
    Shape,
    name=st.sampled_from(ShapeName),
    over_ms=st.integers(100, 600_000),
    every_ms=st.integers(2_000, 60_000),
    lasting_ms=st.integers(100, 1_900),
    times=st.integers(2, 20).map(float),
)
RAMP = Shape(name=ShapeName.RAMP, over_ms=10_000)
BURST = Shape(name=ShapeName.BURST, every_ms=10_000, lasting_ms=2_000, times=3)
DUTY = Shape(name=ShapeName.DUTY, every_ms=10_000, lasting_ms=4_000)


def test_a_steady_load_is_due_by_the_clock() -> None:
    steady = Shape()

    assert [steady.due_ms(ordinal, 20) for ordinal in (0, 1, 7, 6000)] == [0, 50, 350, 300_000]
    assert steady.readings_before(300_000, 20) == 6000


def test_a_ramp_rises_from_nothing_to_the_rate_and_stays_there() -> None:
    assert RAMP.due_ms(0, 20) == 0
    # Half the rate on average: 100 readings in ten seconds, of which the first half takes longer.
    assert RAMP.due_ms(25, 20) == pytest.approx(5_000)
    assert RAMP.due_ms(100, 20) == pytest.approx(10_000)
    assert RAMP.due_ms(101, 20) == pytest.approx(10_050)
    assert RAMP.readings_before(20_000, 20) == 300


def test_a_burst_ends_each_period() -> None:
    assert BURST.due_ms(159, 20) == pytest.approx(7_950)
    assert BURST.due_ms(160, 20) == pytest.approx(8_000)
    assert BURST.due_ms(220, 20) == pytest.approx(9_000)
    assert BURST.due_ms(280, 20) == pytest.approx(10_000)
    assert BURST.highest_hz(20) == 60


def test_a_duty_cycle_is_silent_between_its_periods() -> None:
    assert DUTY.due_ms(79, 20) == pytest.approx(3_950)
    assert DUTY.due_ms(80, 20) == pytest.approx(10_000)
    assert DUTY.readings_before(9_999, 20) == DUTY.readings_before(4_000, 20) == 80


@given(shape=SHAPES, rate_hz=RATES, ordinal=st.integers(0, 200_000))
def test_no_reading_is_due_before_the_one_before_it(
    shape: Shape, rate_hz: float, ordinal: int
) -> None:
    assert shape.due_ms(ordinal, rate_hz) <= shape.due_ms(ordinal + 1, rate_hz) + 1e-6


@given(shape=SHAPES, rate_hz=RATES, ms=st.integers(0, 3_600_000))
def test_what_is_counted_before_a_moment_is_due_before_it(
    shape: Shape, rate_hz: float, ms: int
) -> None:
    count = shape.readings_before(ms, rate_hz)

    if count:
        assert shape.due_ms(count - 1, rate_hz) <= ms + 1e-3
    # One more may be due within the last part of a reading.
    assert shape.due_ms(count + 1, rate_hz) >= ms - 1e-3


@given(shape=SHAPES, rate_hz=RATES, ordinal=st.integers(0, 100_000))
def test_no_reading_is_due_while_a_duty_cycle_is_off(
    shape: Shape, rate_hz: float, ordinal: int
) -> None:
    due_ms = shape.due_ms(ordinal, rate_hz)

    if shape.name is ShapeName.DUTY:
        assert (due_ms + 1e-3) % shape.every_ms <= shape.lasting_ms + 2e-3
