"""The stream manager's frames, cut out of a byte stream by a parser of the witnesses' own.

```
offset  size  content
0       4     signed int32, big endian: L = 1 + length of the payload
4       1     signed int8: operation
5       L-1   payload: one CBOR map
```

One byte, the connect version, precedes the first frame in each direction.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

CONNECT_VERSION = 1
LENGTH_MAX = 1 << 30
"""The protocol's own limit of L."""

HELD_BYTES_MAX = 64 << 20
"""A larger frame passes without being decoded: a message of that size fits into no segment of usual size (16 MiB)."""

HEADER_BYTES = 5
_HEADER = struct.Struct(">ib")


@dataclass(frozen=True, slots=True)
class Frame:
    """A complete frame; its operation may be one that nobody knows."""

    operation: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes to pass on together.

    Attributes:
        data: as received.
        frame: the frame that these bytes are, if they are one.
        problem: why the bytes, and perhaps all that follow, are not understood.
    """

    data: bytes
    frame: Frame | None = None
    problem: str = ""


class Cutter:
    """Cuts one direction of a connection into pieces which, joined, are what was received.

    A frame comes as one piece, so that passing it on never splits its header: a client breaks on a header that
    arrives in parts.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._version_seen = False
        self._passing = 0
        self._lost = False

    def inside_a_frame(self) -> bool:
        """Whether bytes of an incomplete frame are held or passing."""
        return bool(self._buffer or self._passing)

    def rest(self) -> bytes:
        """What is held of an incomplete frame, when no more can come."""
        held = bytes(self._buffer)
        self._buffer.clear()
        return held

    def feed(self, data: bytes) -> Iterator[Piece]:
        """The pieces that these bytes complete."""
        if not self._buffer and (whole := self._whole(data)) is not None:
            yield whole
            return
        self._buffer += data
        while self._buffer and (piece := self._next()) is not None:
            yield piece

    def _whole(self, data: bytes) -> Piece | None:
        """One frame that came by itself, as nearly all do: nothing of it has to be put together."""
        usual = self._version_seen and not self._passing and not self._lost
        if not usual or len(data) < HEADER_BYTES or len(data) > HELD_BYTES_MAX:
            return None
        length, operation = _HEADER.unpack_from(data)
        if length != len(data) - 4:
            return None
        return Piece(data, Frame(operation, data[HEADER_BYTES:]))

    def _next(self) -> Piece | None:
        if self._lost:
            return Piece(self.rest())
        if self._passing:
            return self._pass_on()
        if not self._version_seen:
            return self._version()
        return self._frame()

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _version(self) -> Piece:
        self._version_seen = True
        if self._buffer[0] == CONNECT_VERSION:
            return Piece(self._take(1))
        return self._give_up(f"the connect version is {self._buffer[0]}, not {CONNECT_VERSION}")

    def _give_up(self, problem: str) -> Piece:
        self._lost = True
        return Piece(self.rest(), problem=problem)

    def _frame(self) -> Piece | None:
        if len(self._buffer) < HEADER_BYTES:
            return None
        length = int.from_bytes(self._buffer[:4], "big", signed=True)
        operation = int.from_bytes(self._buffer[4:5], "big", signed=True)
        if not 1 <= length <= LENGTH_MAX:
            return self._give_up(f"a frame cannot have the length {length}")
        if length > HELD_BYTES_MAX:
            self._passing = 4 + length
            problem = f"a frame of operation {operation} has {length} bytes, too many to decode"
            return Piece(self._pass_on().data, problem=problem)
        if len(self._buffer) < 4 + length:
            return None
        data = self._take(4 + length)
        return Piece(data, Frame(operation, data[HEADER_BYTES:]))

    def _pass_on(self) -> Piece:
        data = self._take(self._passing)
        self._passing -= len(data)
        return Piece(data)
