"""The folder where tools are kept, and the only way into it.

A tool's folder carries its version and a hash of everything that decides its content, so a folder that is there is
complete and right, and is never changed again. It is built beside its place and renamed: an interrupted installation
leaves a `.part` folder that the next one removes. A lock keeps two processes from building the same folder.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from harness.tools.errors import ToolUnavailable
from harness.tools.home import user_folder
from harness.tools.installing import LOOK_S, go_on

Progress = Callable[[str], None]
"""Takes one line that says what is being done."""

HASH_LETTERS = 12


def cache_directory() -> Path:
    """`$STREAM_CHAOS_CACHE`, else `stream-chaos` in the user's cache.

    Raises:
        EnvironmentUnavailable: there is neither.
    """
    if own := os.environ.get("STREAM_CHAOS_CACHE"):
        return Path(own).absolute()
    return user_folder("XDG_CACHE_HOME", ".cache", instead="STREAM_CHAOS_CACHE") / "stream-chaos"


def fingerprint(*parts: str | bytes) -> str:
    """A short hash of everything that decides the content of a folder."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(b"%d:" % len(content) + content)
    return digest.hexdigest()[:HASH_LETTERS]


@contextmanager
def locked(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """A block that one process at a time is in; `waiting` is called when another one is."""
    with path.open("a") as handle:
        if not _lock(handle):
            waiting()
            while not _lock(handle):
                go_on(LOOK_S)
        yield


def _lock(handle: TextIO) -> bool:
    """Whether the lock is ours now; it goes with the handle."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def installed(
    folder: str, build: Callable[[Path], None], *, progress: Progress, announcement: str = ""
) -> Path:
    """The folder of the cache with this name, built first where it is missing.

    Args:
        folder: name that changes whenever the content should.
        build: fills the empty directory that it is given.
        progress: told `announcement` when something has to be built.
        announcement: what is being done.

    Raises:
        ToolUnavailable: it could not be built, or the cache cannot be written.
        Interrupted: nobody waits for it any more.
    """
    place = cache_directory() / folder
    if place.is_dir():
        return place
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with locked(
            place.with_name(f".{folder}.lock"),
            lambda: progress(f"{folder}: waiting for another process that installs it"),
        ):
            if not place.is_dir():
                if announcement:
                    progress(announcement)
                _build_beside(place, build)
    except OSError as error:
        raise ToolUnavailable(
            f"The cache {place.parent} cannot be written: {error}",
            "Make it writable or name another folder with STREAM_CHAOS_CACHE",
        ) from error
    return place


def _build_beside(place: Path, build: Callable[[Path], None]) -> None:
    part = place.with_name(f"{place.name}.part")
    remove(part)
    part.mkdir()
    try:
        build(part)
        part.rename(place)
    finally:
        remove(part)


def remove(directory: Path) -> None:
    """Remove a directory and all that is in it, if it is there."""
    if directory.is_dir():
        shutil.rmtree(directory)
