"""The uploads in parts that were begun and neither completed nor aborted.

Their parts cost money until somebody aborts them. So they are written down before the first part is sent, and what a
kill or a broken link left is aborted before the next task is run.
"""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Upload:
    """One upload in parts."""

    bucket: str
    key: str
    id: str


class Uploads:
    """See the module; safe to share between threads.

    Args:
        path: of the file that outlives the process; None: what a kill leaves is not known any more.
        warn: takes a line that an operator should see.
    """

    def __init__(self, path: Path | None, warn: Callable[[str], None] = lambda line: None) -> None:
        self._path = path
        self._warn = warn
        self._lock = threading.Lock()
        self._under_way: set[Upload] = set()
        self._left = set(self._load())

    def _load(self) -> list[Upload]:
        if self._path is None or not self._path.exists():
            return []
        try:
            return [Upload(**each) for each in json.loads(self._path.read_bytes())]
        except (OSError, ValueError, TypeError) as error:
            self._warn(f"{self._path} cannot be read, uploads may be left in S3: {error}")
            return []

    def begin(self, upload: Upload) -> None:
        """Write down that one was begun."""
        with self._lock:
            self._under_way.add(upload)
            self._save()

    def done(self, upload: Upload) -> None:
        """It was completed or aborted."""
        with self._lock:
            self._under_way.discard(upload)
            self._left.discard(upload)
            self._save()

    def leave(self, upload: Upload) -> None:
        """It could not be aborted now."""
        with self._lock:
            self._under_way.discard(upload)
            self._left.add(upload)

    def left(self) -> list[Upload]:
        """Those that have to be aborted."""
        with self._lock:
            return sorted(self._left, key=lambda each: (each.bucket, each.key, each.id))

    def _save(self) -> None:
        if self._path is None:
            return
        # A disk that is full must not keep the upload from being made.
        with suppress(OSError):
            fresh = self._path.with_suffix(".new")
            fresh.write_text(json.dumps([asdict(each) for each in self._under_way | self._left]))
            fresh.replace(self._path)
