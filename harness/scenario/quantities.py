"""Quantities with their units, as they are written in a scenario file.

A number without a unit is refused: nobody should have to guess whether `30` are seconds or milliseconds.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_MILLISECONDS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}
_BYTES = {"B": 1, "kB": 1_000, "KiB": 1_024, "MB": 1_000_000, "MiB": 1_048_576}
_HERTZ = {"/s": 1.0, "/min": 1 / 60}
_BYTES_PER_SECOND = {f"{unit}/s": factor for unit, factor in _BYTES.items()}
_PERCENT = {"%": 1.0}

_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z/%]+)")
DURATION_MS_MAX = 7 * 24 * 3_600_000
"""A week: longer runs are for another clock."""


def _parse(value: object, units: Mapping[str, float], what: str, example: str) -> float:
    match = _QUANTITY.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None or match[2] not in units:
        shown = "nothing" if value is None else repr(value)
        raise ValueError(
            f"{shown} is no {what}; write a number with a unit ({', '.join(units)}), such as {example}"
        )
    return float(match[1]) * units[match[2]]


def render_number(value: float) -> str:
    """Without an exponent, a needless point or more than six digits behind it."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _render(value: float, units: Mapping[str, float]) -> str:
    """In the largest unit that leaves a whole number, else in the first."""
    for unit, factor in sorted(units.items(), key=lambda each: -each[1]):
        if value and value % factor == 0:
            return f"{render_number(value / factor)}{unit}"
    first, factor = next(iter(units.items()))
    return f"{render_number(value / factor)}{first}"


def parse_duration_ms(value: object) -> int:
    """Milliseconds of `500ms`, `30s`, `5m`, `2h`.

    Raises:
        ValueError: it is none, or longer than a week.
    """
    milliseconds = round(_parse(value, _MILLISECONDS, "duration", "30s"))
    if milliseconds > DURATION_MS_MAX:
        raise ValueError(f"{value!r} is longer than a week; write a shorter duration")
    return milliseconds


def render_duration(milliseconds: int) -> str:
    """As it would be written in a scenario: `90s`, `1500ms`, `5m`."""
    if 60_000 <= milliseconds < 600_000 and milliseconds % 60_000 and milliseconds % 1_000 == 0:
        return f"{milliseconds // 1_000}s"
    return _render(milliseconds, _MILLISECONDS) if milliseconds else "0s"


def _parse_shift_ms(value: object) -> int:
    match = re.fullmatch(r"\s*([+-]?)(\d.*)", value) if isinstance(value, str) else None
    shift_ms = parse_duration_ms(match[2]) if match else 0
    if match is None or not shift_ms:
        raise ValueError(f"{value!r} is no jump; write one such as 1h or -30s")
    return -shift_ms if match[1] == "-" else shift_ms


def _render_shift(milliseconds: int) -> str:
    return f"{'-' if milliseconds < 0 else ''}{render_duration(abs(milliseconds))}"


def _parse_size(value: object) -> int:
    return round(_parse(value, _BYTES, "size", "200B"))


def parse_rate(value: object) -> float:
    """Events per second of `20/s`, `30/min`.

    Raises:
        ValueError: it is none, or nothing at all.
    """
    rate_hz = _parse(value, _HERTZ, "rate", "20/s")
    if not rate_hz:
        raise ValueError(f"{value!r} is no rate; write one above 0, such as 20/s")
    return rate_hz


def _parse_bandwidth(value: object) -> int:
    bytes_per_second = round(_parse(value, _BYTES_PER_SECOND, "bandwidth", "10kB/s"))
    # Toxiproxy counts in kilobytes: a narrower link would be a silent one.
    if bytes_per_second < 1_000:
        raise ValueError(f"{value!r} is too narrow; write at least 1kB/s, or cut the link")
    return bytes_per_second


def _parse_share(value: object) -> float:
    percent = _parse(value, _PERCENT, "share", "30%")
    if percent > 100:
        raise ValueError(f"{value!r} is more than all of it; write at most 100%")
    return percent / 100


def _parse_scale(value: object) -> int:
    text = str(value).replace(" ", "")
    match = re.fullmatch(r"(?:1/)?([1-9]\d{0,4})", text)
    if match is None or (text != "1" and "/" not in text):
        raise ValueError(f"{value!r} is no scale of time; write one such as 1/60, or 1 for none")
    return int(match[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Durations to choose from, both ends included."""

    shortest_ms: int
    longest_ms: int

    def __str__(self) -> str:
        ends = sorted({self.shortest_ms, self.longest_ms})
        return " to ".join(render_duration(end) for end in ends)


def _parse_span(value: object) -> Span:
    if isinstance(value, Span):
        return value
    ends = value if isinstance(value, list | tuple) else [value, value]
    if len(ends) != 2:
        raise ValueError("a span has two ends; write [5s, 12s], or one duration")
    shortest_ms, longest_ms = (parse_duration_ms(end) for end in ends)
    if shortest_ms > longest_ms:
        raise ValueError(f"{ends[0]} is longer than {ends[1]}; write the shorter duration first")
    return Span(shortest_ms=shortest_ms, longest_ms=longest_ms)


def _render_span(span: Span) -> list[str]:
    return [render_duration(span.shortest_ms), render_duration(span.longest_ms)]


def _schema(units: Mapping[str, float], what: str, example: str) -> dict[str, Any]:
    alternatives = "|".join(re.escape(unit).replace("\\/", "/") for unit in units)
    pattern = rf"^\s*\d+(\.\d+)?\s*({alternatives})\s*$"
    return {"type": "string", "pattern": pattern, "examples": [example], "x-quantity": what}


_DURATION_SCHEMA = _schema(_MILLISECONDS, "duration", "30s")
_PAIR_SCHEMA = {"type": "array", "items": _DURATION_SCHEMA, "minItems": 2, "maxItems": 2}

Duration = Annotated[
    int,
    BeforeValidator(parse_duration_ms),
    PlainSerializer(render_duration),
    WithJsonSchema(_DURATION_SCHEMA),
]
"""Milliseconds, written `500ms`, `30s`, `5m` or `2h`."""

Shift = Annotated[
    int,
    BeforeValidator(_parse_shift_ms),
    PlainSerializer(_render_shift),
    WithJsonSchema(
        {
            **_DURATION_SCHEMA,
            "pattern": _DURATION_SCHEMA["pattern"].replace(r"^\s*", r"^\s*[+-]?"),
            "examples": ["-30s"],
            "x-quantity": "jump",
        }
    ),
]
"""Milliseconds forward or backward, written `1h` or `-30s`."""

Size = Annotated[
    int,
    BeforeValidator(_parse_size),
    PlainSerializer(lambda value: _render(value, _BYTES)),
    WithJsonSchema(_schema(_BYTES, "size", "200B")),
]
"""Bytes, written `200B`, `4KiB` or `1MB`."""

Rate = Annotated[
    float,
    BeforeValidator(parse_rate),
    PlainSerializer(lambda value: _render(value, {"/s": 1.0})),
    WithJsonSchema(_schema(_HERTZ, "rate", "20/s")),
]
"""Events per second, written `20/s` or `30/min`."""

Bandwidth = Annotated[
    int,
    BeforeValidator(_parse_bandwidth),
    PlainSerializer(lambda value: _render(value, _BYTES_PER_SECOND)),
    WithJsonSchema(_schema(_BYTES_PER_SECOND, "bandwidth", "10kB/s")),
]
"""Bytes per second, written `10kB/s`."""

Share = Annotated[
    float,
    BeforeValidator(_parse_share),
    PlainSerializer(lambda value: f"{render_number(value * 100)}%"),
    WithJsonSchema(_schema(_PERCENT, "share", "30%")),
]
"""A part of a whole, 0 to 1, written `30%`."""

DurationSpan = Annotated[
    Span,
    BeforeValidator(_parse_span),
    PlainSerializer(_render_span),
    WithJsonSchema({"anyOf": [_DURATION_SCHEMA, _PAIR_SCHEMA], "x-quantity": "span"}),
]
"""One duration or two, `[5s, 12s]`: the seed chooses between them."""

Scale = Annotated[
    int,
    BeforeValidator(_parse_scale),
    PlainSerializer(lambda times: "1" if times == 1 else f"1/{times}"),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string", "pattern": r"^1(\s*/\s*[1-9]\d{0,4})?$"}, {"const": 1}],
            "x-quantity": "scale",
        }
    ),
]
"""How many times as fast time goes, written `1/60`."""
