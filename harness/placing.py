"""Puts files and folders where they belong in one step, so that a reader never finds half of one."""

import time
from contextlib import suppress
from pathlib import Path

LATEST = "latest"
NAMESAKES_MAX = 1_000


def put(folder: Path, name: str, text: str) -> None:
    """Write one file of a folder, in the place of the one that was there.

    Args:
        text: may hold what is no text: a site's parts may say anything.
    """
    fresh = folder / f"{name}.new"
    fresh.write_text(text, encoding="utf-8", errors="backslashreplace")
    fresh.replace(folder / name)


def fresh_folder(parent: Path, name: str) -> Path:
    """A folder that was not there: two may begin in the same second, and then the later one has a number behind it.

    Raises:
        FileExistsError: there are a thousand of this name.
    """
    parent.mkdir(parents=True, exist_ok=True)
    for number in range(1, NAMESAKES_MAX):
        folder = parent / (name if number == 1 else f"{name}-{number}")
        with suppress(FileExistsError):
            folder.mkdir()
            return folder
    raise FileExistsError(f"{parent} has a thousand folders called {name}; remove some")


def point_latest(folder: Path) -> None:
    """Have the link `latest` beside a folder lead to it; a disk without links has none, nor has one that is taken."""
    fresh = folder.parent / f".{LATEST}-{folder.name}-{time.monotonic_ns()}"
    with suppress(OSError):
        fresh.symlink_to(folder.name)
        try:
            fresh.replace(folder.parent / LATEST)
        except OSError:
            # There is a folder of that name.
            fresh.unlink()
