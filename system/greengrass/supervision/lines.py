"""Lines out of the pieces that a pipe delivers."""

LINE_BYTES_MAX = 256 * 1024
"""Longer lines are cut here: a function that never writes a line end must not fill our memory."""


class LineSplitter:
    """Cuts bytes into lines, keeping what is not yet ended."""

    def __init__(self, limit_bytes: int = LINE_BYTES_MAX) -> None:
        self._limit_bytes = limit_bytes
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that `data` completes, without their line ends."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        while len(self._rest) > self._limit_bytes:
            lines.append(self._rest[: self._limit_bytes])
            self._rest = self._rest[self._limit_bytes :]
        return [piece for line in lines for piece in self._pieces(line.rstrip(b"\r"))]

    def end(self) -> list[bytes]:
        """The last line, if it had no line end."""
        rest, self._rest = self._rest, b""
        return [rest] if rest else []

    def _pieces(self, line: bytes) -> list[bytes]:
        starts = range(0, max(len(line), 1), self._limit_bytes)
        return [line[start : start + self._limit_bytes] for start in starts]
