import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from harness.scenario.quantities import (
    Bandwidth,
    DurationSpan,
    Rate,
    Share,
    Shift,
    Size,
    Span,
    parse_duration_ms,
    render_duration,
)


@pytest.mark.parametrize(
    ("written", "milliseconds"),
    [
        ("500ms", 500),
        ("30s", 30_000),
        ("5m", 300_000),
        ("2h", 7_200_000),
        ("1.5s", 1_500),
        ("0s", 0),
    ],
)
def test_a_duration_is_a_number_with_a_unit(written: str, milliseconds: int) -> None:
    assert parse_duration_ms(written) == milliseconds


@pytest.mark.parametrize(
    "written", [30, "30", "30 seconds", "-5s", "s", "", None, True, ["5s"], "1e3s"]
)
def test_anything_else_is_no_duration_and_the_error_shows_how_to_write_one(written: object) -> None:
    with pytest.raises(ValueError, match="such as 30s"):
        parse_duration_ms(written)


def test_a_duration_longer_than_a_week_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than a week"):
        parse_duration_ms("169h")


@given(st.integers(0, 7 * 24 * 3_600_000))
def test_what_is_rendered_is_read_back(milliseconds: int) -> None:
    assert parse_duration_ms(render_duration(milliseconds)) == milliseconds


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        (Size, "4KiB", 4096),
        (Size, "200B", 200),
        (Rate, "20/s", 20.0),
        (Rate, "30/min", 0.5),
        (Bandwidth, "10kB/s", 10_000),
        (Share, "30%", 0.3),
        (Shift, "-30s", -30_000),
        (Shift, "+1h", 3_600_000),
    ],
)
def test_other_quantities_have_their_units_too(kind: object, written: str, value: float) -> None:
    adapter: TypeAdapter[float] = TypeAdapter(kind)
    assert adapter.validate_python(written) == value
    assert adapter.validate_python(adapter.dump_python(value)) == value


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (Rate, "0/s"),
        (Share, "101%"),
        (Bandwidth, "10B/s"),
        (Size, "10"),
        (Rate, "20"),
        (Shift, "0s"),
        (Shift, "+-5s"),
        (Shift, "--5s"),
        (Shift, "- 5s"),
        (Shift, 5),
    ],
)
def test_quantities_that_make_no_sense_are_refused(kind: object, written: str) -> None:
    adapter: TypeAdapter[float] = TypeAdapter(kind)
    with pytest.raises(ValidationError):
        adapter.validate_python(written)


def test_a_span_is_one_duration_or_two() -> None:
    adapter: TypeAdapter[Span] = TypeAdapter(DurationSpan)
    assert adapter.validate_python("5s") == Span(shortest_ms=5_000, longest_ms=5_000)
    assert adapter.validate_python(["5s", "12s"]) == Span(shortest_ms=5_000, longest_ms=12_000)
    with pytest.raises(ValidationError, match="shorter duration first"):
        adapter.validate_python(["12s", "5s"])
