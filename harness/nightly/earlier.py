"""The nights before this one, found by their `index.json`."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.nightly.index import Index

INDEX = "index.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A night before this one.

    Attributes:
        folder: that it is in.
    """

    folder: Path
    index: Index


def find_earlier(folder: Path, warn: Callable[[str], None]) -> list[Earlier]:
    """The nights in a folder, the oldest first: the folder itself is one, or has some in it.

    Args:
        warn: told what cannot be read; nothing is compared with it.
    """
    found = [night for each in _candidates(folder) if (night := _read(each, warn)) is not None]
    return sorted(found, key=lambda night: (night.index.started, night.index.name))


def _candidates(folder: Path) -> Iterator[Path]:
    if (folder / INDEX).is_file():
        yield folder
        return
    for each in folder.glob("*"):
        if not each.is_symlink() and (each / INDEX).is_file():
            yield each


def _read(folder: Path, warn: Callable[[str], None]) -> Earlier | None:
    try:
        plain = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        return Earlier(folder=folder, index=Index.from_json(plain))
    except (OSError, ValueError, AttributeError) as error:
        warn(f"{folder / INDEX} cannot be compared with: {error}")
        return None
