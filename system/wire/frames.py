"""Frames: the envelope of every request and answer.

```
offset  size  content
0       4     signed int32, big endian: L = 1 + length of the payload
4       1     signed int8: operation
5       L-1   payload: one CBOR map
```
"""

import struct
from dataclasses import dataclass
from typing import NamedTuple

FRAME_BYTES_MAX = 1 << 30
"""The protocol's own limit of L; clients refuse to send more."""

_HEADER = struct.Struct(">ib")
_LENGTH = struct.Struct(">i")
_OPERATION = struct.Struct(">b")


@dataclass(eq=False)
class FrameTooLarge(Exception):
    """The peer announced a frame that is larger than allowed."""

    length: int
    limit: int

    def __str__(self) -> str:
        return f"a frame of {self.length} bytes was announced, at most {self.limit} are taken"


@dataclass(eq=False)
class FrameMalformed(Exception):
    """The peer announced a length that cannot be, so nothing after it can be understood."""

    length: int

    def __str__(self) -> str:
        return f"a frame cannot have the length {self.length}"


class Frame(NamedTuple):
    """One frame: operation number as received (it may be unknown) and undecoded payload."""

    operation: int
    payload: bytes


def encode(operation: int, payload: bytes) -> bytes:
    """The bytes of one frame; to be written in one call, since a client breaks on a split header."""
    return _HEADER.pack(len(payload) + 1, operation) + payload


class FrameReader:
    """Cuts a byte stream into frames, however it was fragmented.

    Args:
        limit: largest L that is taken.
    """

    def __init__(self, limit: int = FRAME_BYTES_MAX) -> None:
        self._limit = limit
        self._buffer: bytes | bytearray = b""
        self._start = 0

    def feed(self, data: bytes) -> None:
        """Take bytes as they arrived."""
        if not self._buffer:
            self._buffer = data
            return
        # A frame may come in thousands of pieces: they are added in place.
        rest = self._buffer if isinstance(self._buffer, bytearray) else bytearray(self._buffer)
        del rest[: self._start]
        rest += data
        self._buffer, self._start = rest, 0

    def inside_a_frame(self) -> bool:
        """Whether bytes of an incomplete frame are waiting."""
        return bool(self._buffer)

    def take(self, size: int) -> bytes | None:
        """The next `size` raw bytes, or None while there are fewer: the connect version is outside of any frame."""
        start = self._start
        if len(self._buffer) - start < size:
            return None
        taken = bytes(self._buffer[start : start + size])
        self._advance(start + size)
        return taken

    def _advance(self, start: int) -> None:
        if start == len(self._buffer):
            self._buffer, start = b"", 0
        self._start = start

    def next(self) -> Frame | None:
        """The next complete frame, or None for "not yet".

        Raises:
            FrameTooLarge, FrameMalformed: the stream cannot be read on from here.
        """
        buffer, start = self._buffer, self._start
        if len(buffer) - start < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(buffer, start)
        if length < 1:
            raise FrameMalformed(length)
        if length > self._limit:
            raise FrameTooLarge(length, self._limit)
        body = start + _LENGTH.size
        end = body + length
        if end > len(buffer):
            return None
        (operation,) = _OPERATION.unpack_from(buffer, body)
        payload = bytes(buffer[body + 1 : end])
        self._advance(end)
        return Frame(operation, payload)
