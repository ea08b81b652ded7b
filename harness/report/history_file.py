"""The file that has the history of a run: JSON lines, or the compact form where it is long."""

from collections.abc import Iterator
from pathlib import Path

from harness.history.compact import COMPACT, unpack
from harness.history.lines import Line, parse, render

HISTORY = "history.jsonl"


def history_file(folder: Path) -> Path | None:
    """The one in the folder of a run; None: it has none."""
    found = (folder / name for name in (COMPACT, HISTORY))
    return next((file for file in found if file.is_file()), None)


def lines_in(file: Path) -> Iterator[Line]:
    """The lines of a history.

    Raises:
        OSError: it cannot be read.
        ValueError: while they are taken: it cannot be understood.
    """
    if file.name == COMPACT:
        return unpack(file.read_bytes())
    return parse(file.read_text(encoding="utf-8", errors="replace"))


def texts_in(file: Path) -> Iterator[str]:
    """The lines of a history as JSON, each with its end; those that are JSON already as they stand.

    Raises:
        OSError: it cannot be read.
        ValueError: while they are taken: it cannot be understood.
    """
    if file.name == COMPACT:
        return (render([line]) for line in lines_in(file))
    return iter(file.read_text(encoding="utf-8").splitlines(keepends=True))
