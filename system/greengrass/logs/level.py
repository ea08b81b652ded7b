"""Log levels, from the words that loggers use."""

from enum import IntEnum

_SYNONYMS = {"WARNING": "WARN", "CRITICAL": "FATAL", "NOTSET": "TRACE"}


class Level(IntEnum):
    """How much a line matters; the numbers are those of Python's `logging`."""

    TRACE = 5
    DEBUG = 10
    INFO = 20
    WARN = 30
    ERROR = 40
    FATAL = 50


def parse_level(word: str) -> Level | None:
    """The level that a word names, in any of the spellings in use."""
    upper = word.strip().upper()
    return Level.__members__.get(_SYNONYMS.get(upper, upper))


def level_of_number(number: int) -> Level:
    """The level that covers a number of Python's `logging`."""
    return max((level for level in Level if level <= number), default=Level.TRACE)
