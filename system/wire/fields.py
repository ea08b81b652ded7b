"""Reading fields out of decoded maps: one place for types, bounds and the sentences about them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

NAME_PATTERN = re.compile(r"[A-Za-z0-9_ ,.\-]{1,255}")
"""Names of streams and exporters. `\\w` is ASCII here, as in the server that the pattern was written for."""

NAME_LETTERS_MAX = 255
NAMES_REMEMBERED = 4096

INT64_MAX = (1 << 63) - 1
INT32_MAX = (1 << 31) - 1

T = TypeVar("T")


@dataclass(eq=False)
class InvalidFields(Exception):
    """A request whose fields are not as the protocol wants them.

    Attributes:
        problems: every problem found, one sentence each.
    """

    problems: tuple[str, ...]

    def __str__(self) -> str:
        return "; ".join(self.problems)


def is_name(text: str) -> bool:
    """Whether a text may be a name; a server sees the same few again and again."""
    return len(text) <= NAME_LETTERS_MAX and _has_the_letters_of_a_name(text)


@lru_cache(NAMES_REMEMBERED)
def _has_the_letters_of_a_name(text: str) -> bool:
    return NAME_PATTERN.fullmatch(text) is not None


@dataclass(slots=True)
class Fields:
    """A decoded map and the problems found while reading it.

    Args:
        values: the map.
        where: path of the map inside the request, for the sentences.
        problems: shared by all maps of one request, so that all of them are reported at once.
    """

    values: Mapping[str, Any]
    where: str = ""
    problems: list[str] = field(default_factory=list)

    def _path(self, key: str) -> str:
        return f"{self.where}{key}"

    def complain(self, key: str, sentence: str) -> None:
        """Note a problem of one field."""
        self.problems.append(f"{self._path(key)} {sentence}")

    def raise_problems(self) -> None:
        """Raises InvalidFields if anything was wrong."""
        if self.problems:
            raise InvalidFields(tuple(self.problems))

    def required(self, key: str) -> bool:
        """Whether the field is there; complains if not."""
        if self.values.get(key) is None:
            self.complain(key, "is missing")
            return False
        return True

    def text(self, key: str, *, default: str = "") -> str:
        """A text field."""
        value = self.values.get(key)
        if value is None:
            return default
        if not isinstance(value, str):
            self.complain(key, f"has to be text, not {_kind(value)}")
            return default
        return value

    def name(self, key: str) -> str:
        """A required name of a stream or an exporter."""
        value = self.text(key) if self.required(key) else ""
        if value and not is_name(value):
            self.complain(
                key,
                f"has to be 1 to 255 letters, digits, spaces or any of , . - _, not {value[:300]!r}",
            )
        elif not value and self.values.get(key) == "":
            self.complain(key, "has to have 1 to 255 characters")
        return value

    def optional_integer(self, key: str, low: int, high: int) -> int | None:
        """An integer within bounds, or None when the field is absent."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            self.complain(key, f"has to be an integer, not {_kind(value)}")
            return None
        if not low <= value <= high:
            self.complain(key, f"has to be between {low} and {high}, not {value}")
            return None
        return value

    def integer(self, key: str, low: int, high: int, *, default: int) -> int:
        """An integer within bounds, or its default when the field is absent."""
        value = self.optional_integer(key, low, high)
        return default if value is None else value

    def flag(self, key: str, *, default: bool = False) -> bool:
        """A boolean."""
        value = self.values.get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.complain(key, f"has to be true or false, not {_kind(value)}")
            return default
        return value

    def maps(self, key: str) -> "list[Fields]":
        """A list of maps; absent means empty."""
        value = self.values.get(key)
        if value is None:
            return []
        if not isinstance(value, list | tuple) or not all(isinstance(e, Mapping) for e in value):
            self.complain(key, "has to be a list of maps")
            return []
        return [
            Fields(each, f"{self._path(key)}[{index}].", self.problems)
            for index, each in enumerate(value)
        ]

    def map(self, key: str) -> "Fields | None":
        """A map, or None when the field is absent."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            self.complain(key, f"has to be a map, not {_kind(value)}")
            return None
        return Fields(value, f"{self._path(key)}.", self.problems)


def _kind(value: object) -> str:
    return type(value).__name__
