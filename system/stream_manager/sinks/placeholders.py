"""Placeholders in the keys of objects: `!{timestamp:yyyy/MM/dd}`, a pattern of Java's DateTimeFormatter, in UTC."""

import calendar
import re
from collections.abc import Callable
from datetime import UTC, datetime

_PLACEHOLDER = re.compile(r"!\{([a-zA-Z]+):([a-zA-Z/]+)\}")
# A pattern is a sequence of runs of one letter; a slash stands for itself.
_RUN = re.compile(r"([a-zA-Z])\1*|/+")

_MONTHS = tuple(calendar.month_name)[1:]
_DAYS = tuple(calendar.day_name)
_SHORT, _FULL = 3, 4


class BadPlaceholder(ValueError):
    """A placeholder that cannot be resolved."""


def resolve(key: str, at_ms: int) -> str:
    """The key with its placeholders resolved.

    Args:
        at_ms: epoch milliseconds.

    Raises:
        BadPlaceholder: a name other than `timestamp`, or a pattern that is not understood.
    """
    moment = datetime.fromtimestamp(at_ms / 1000, UTC)

    def resolved(found: re.Match[str]) -> str:
        name, pattern = found.groups()
        if name != "timestamp":
            raise BadPlaceholder(f"the placeholder {name!r} is unknown, only timestamp is known")
        return "".join(_part(run[0], moment) for run in _RUN.finditer(pattern))

    return _PLACEHOLDER.sub(resolved, key)


def _part(run: str, moment: datetime) -> str:
    letter, count = run[0], len(run)
    if letter == "/":
        return run
    part = _PARTS.get(letter)
    text = part(moment, count) if part else None
    if text is None:
        raise BadPlaceholder(f"the pattern {run!r} of a timestamp is not understood")
    return text


def _number(value: int, count: int) -> str | None:
    return f"{value:0{count}d}" if count <= 2 else None


def _year(value: int, count: int) -> str | None:
    return f"{value % 100:02d}" if count == 2 else f"{value:0{count}d}"


def _month(moment: datetime, count: int) -> str | None:
    return _number(moment.month, count) or _name(_MONTHS[moment.month - 1], count)


def _day(moment: datetime, count: int) -> str | None:
    name = _DAYS[moment.weekday()]
    return _name(name, max(count, _SHORT))


def _name(name: str, count: int) -> str | None:
    return {_SHORT: name[:3], _FULL: name}.get(count)


def _fraction(moment: datetime, count: int) -> str | None:
    return f"{moment.microsecond:06d}000"[:count] if count <= 9 else None


_PARTS: dict[str, Callable[[datetime, int], str | None]] = {
    "y": lambda m, n: _year(m.year, n),
    # The year of the week, by ISO 8601: at the turn of the year it is not the year of the day.
    "Y": lambda m, n: _year(m.isocalendar().year, n),
    "M": _month,
    "d": lambda m, n: _number(m.day, n),
    "D": lambda m, n: f"{m.timetuple().tm_yday:0{n}d}" if n <= 3 else None,
    "E": _day,
    "a": lambda m, n: ("AM" if m.hour < 12 else "PM") if n == 1 else None,
    "H": lambda m, n: _number(m.hour, n),
    "h": lambda m, n: _number((m.hour - 1) % 12 + 1, n),
    "m": lambda m, n: _number(m.minute, n),
    "s": lambda m, n: _number(m.second, n),
    "S": _fraction,
}
