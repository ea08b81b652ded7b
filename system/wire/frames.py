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

FRAME_BYTES_MAX = 1 << 30
"""The protocol's own limit of L; clients refuse to send more."""

_HEADER = struct.Struct(">ib")
_LENGTH = struct.Struct(">i")


@dataclass
class FrameTooLarge(Exception):
    """The peer announced a frame that is larger than allowed."""

    length: int
    limit: int

    def __str__(self) -> str:
        return f"a frame of {self.length} bytes was announced, at most {self.limit} are taken"


@dataclass
class FrameMalformed(Exception):
    """The peer announced a length that cannot be, so nothing after it can be understood."""

    length: int

    def __str__(self) -> str:
        return f"a frame cannot have the length {self.length}"


@dataclass(frozen=True, slots=True)
class Frame:
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
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """Take bytes as they arrived."""
        self._buffer += data

    def inside_a_frame(self) -> bool:
        """Whether bytes of an incomplete frame are waiting."""
        return bool(self._buffer)

    def take(self, size: int) -> bytes | None:
        """The next `size` raw bytes, or None while there are fewer: the connect version is outside of any frame."""
        if len(self._buffer) < size:
            return None
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def next(self) -> Frame | None:
        """The next complete frame, or None for "not yet".

        Raises:
            FrameTooLarge, FrameMalformed: the stream cannot be read on from here.
        """
        buffer = self._buffer
        if len(buffer) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(buffer)
        if length < 1:
            raise FrameMalformed(length)
        if length > self._limit:
            raise FrameTooLarge(length, self._limit)
        if len(buffer) < 4 + length:
            return None
        _, operation = _HEADER.unpack_from(buffer)
        frame = Frame(operation, bytes(buffer[5 : 4 + length]))
        del buffer[: 4 + length]
        return frame
