"""A log file that never takes more than its space: when it is half full it becomes `<name>.1` and a new one begins."""

import os
from io import FileIO
from pathlib import Path

PRIVATE = 0o600


class RotatingFile:
    """Appends lines to a file within a bound.

    Args:
        path: the file; its directories are created.
        space_bytes: bound of the file and the one before it together.
    """

    def __init__(self, path: Path, space_bytes: int) -> None:
        self.path = path
        self.space_bytes = space_bytes
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._open()
        self._size = os.fstat(self._file.fileno()).st_size

    def write(self, line: str) -> None:
        """Append a line."""
        data = line.encode(errors="replace") + b"\n"
        if self._size and self._size + len(data) > self.space_bytes // 2:
            self._roll()
        self._file.write(data)
        self._size += len(data)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _open(self) -> FileIO:
        def private(name: str, flags: int) -> int:
            return os.open(name, flags, PRIVATE)

        return FileIO(str(self.path), "a", opener=private)

    def _roll(self) -> None:
        self._file.close()
        self.path.replace(self.path.with_name(f"{self.path.name}.1"))
        self._file = self._open()
        self._size = 0
