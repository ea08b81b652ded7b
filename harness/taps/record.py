"""The file that a witness writes: one line per event, on its way to the disk before the event goes on."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

CREATE = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC


class Testimony(Protocol):
    """Takes the lines of a witness."""

    def write(self, kind: str, type: str, **fields: Any) -> None:
        """Take one line, now."""

    def close(self) -> None:
        """Take the last line; whatever comes later is not part of the testimony."""


class Record:
    """Appends lines to a witness's file.

    A line is one `write()`, so several recorders may share a file and a reader never sees half an event followed by
    another. When the disk takes no more the traffic goes on, and the last line, `closed`, is never written: a file
    without it is the testimony of a witness that died.

    Args:
        path: the file; it is created, never truncated.
        witness: the name that every line carries.
        origin_ns: CLOCK_MONOTONIC from which times count.
        clock_ns: tells the time.
    """

    def __init__(
        self,
        path: Path,
        *,
        witness: str,
        origin_ns: int,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: int | None = os.open(path, CREATE, 0o644)
        self._witness = witness
        self._origin_ns = origin_ns
        self._clock_ns = clock_ns
        self._broken = False

    def write(self, kind: str, type: str, **fields: Any) -> None:
        """Write one line, now."""
        at = round((self._clock_ns() - self._origin_ns) / 1e6, 3)
        line = {"at": at, "witness": self._witness, "kind": kind, "type": type, **fields}
        self._append(json.dumps(line, separators=(",", ":"), default=repr).encode() + b"\n")

    def _append(self, line: bytes) -> None:
        if self._broken or self._file is None:
            return
        try:
            self._broken = os.write(self._file, line) != len(line)
        except OSError:
            self._broken = True

    def close(self) -> None:
        """Write the last line; whatever comes later is not part of the testimony."""
        if self._file is None:
            return
        self.write("closed", "note")
        os.close(self._file)
        self._file = None
