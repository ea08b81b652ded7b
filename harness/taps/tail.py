"""Reading a witness's file while it is being written."""

import json
from pathlib import Path
from typing import Any

READ_BYTES_MAX = 4 << 20
"""Read at once, so that a long file does not hold up whoever waits for the newest line of another."""


class Tail:
    """The new lines of a growing file, each exactly once.

    Args:
        path: the file; it need not be there yet.

    Attributes:
        broken: how many complete lines were not JSON.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.broken = 0
        self._offset = 0
        self._torn = b""

    def lines(self) -> list[dict[str, Any]]:
        """The lines that were completed since the last call; a line without its end waits for it."""
        data = self._read()
        *complete, self._torn = (self._torn + data).split(b"\n")
        parsed = (self._parse(line) for line in complete if line)
        return [line for line in parsed if line is not None]

    def _read(self) -> bytes:
        try:
            with self.path.open("rb") as file:
                file.seek(self._offset)
                data = file.read(READ_BYTES_MAX)
        except FileNotFoundError:
            return b""
        self._offset += len(data)
        return data

    def _parse(self, line: bytes) -> dict[str, Any] | None:
        try:
            parsed = json.loads(line)
        except ValueError:
            parsed = None
        if isinstance(parsed, dict):
            return parsed
        self.broken += 1
        return None
