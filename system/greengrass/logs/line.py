"""The shape of a log line: `[2020-10-09T15:14:52.910Z][ERROR]-file.py:188,message`."""

import re
from datetime import UTC, datetime

from system.greengrass.logs.level import Level, parse_level

_OURS = re.compile(r"\[\d{4}-\d\d-\d\dT[^\]]{1,32}\]\s*\[(?P<level>[A-Za-z]{4,8})\]")
_WORD = re.compile(r"\b(TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL|CRITICAL)\b")
_WORD_WITHIN = 60


def timestamp(epoch_s: float) -> str:
    """Epoch seconds as a log line has them."""
    moment = datetime.fromtimestamp(epoch_s, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def format_line(epoch_s: float, level: Level, origin: str, message: str) -> str:
    """One log line; `origin` is what wrote it, `file.py:188` for a logging call."""
    return f"[{timestamp(epoch_s)}][{level.name}]-{origin},{message}"


def shaped_level(line: str) -> Level | None:
    """The level of a line that has the shape already, as a process of ours writes it."""
    found = _OURS.match(line)
    return parse_level(found["level"]) if found else None


def guessed_level(line: str) -> Level | None:
    """The level of a foreign line, from a level word near its beginning."""
    if line.startswith("Traceback (most recent call last)"):
        return Level.ERROR
    found = _WORD.search(line[:_WORD_WITHIN])
    return parse_level(found[1]) if found else None
