"""Lines of the history, as `docs/reference/history.md` has them, and how several witnesses' lines become one list."""

import heapq
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

Line: TypeAlias = Mapping[str, Any]


def at_ms(line: Line) -> float:
    """When it was observed, milliseconds since the origin."""
    return float(line.get("at", 0.0))


def parse(text: str) -> Iterator[Line]:
    """The lines in a witness's file. What is no object is left out: a killed witness tears its last line."""
    for row in text.splitlines():
        try:
            line = json.loads(row)
        except ValueError:
            continue
        if isinstance(line, dict):
            yield line


def merge(witnesses: Iterable[Iterable[Line]]) -> list[Line]:
    """The lines of all witnesses in the order of their times; those of one witness keep their order."""
    return list(heapq.merge(*(sorted(each, key=at_ms) for each in witnesses), key=at_ms))


def render(lines: Iterable[Line]) -> str:
    """The text of `history.jsonl`."""
    return "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
