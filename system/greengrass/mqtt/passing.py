"""What passes between core and broker, as both put it on the wire.

    length of the rest, 4 bytes | "M" | length of the device, 2 | device | length of the topic, 2 | topic | payload
    length of the rest, 4 bytes | "A" | how many messages of devices the core has taken since it said so last, 4

Numbers are big-endian, texts UTF-8.
"""

import asyncio
import struct
from dataclasses import dataclass

PAYLOAD_BYTES_MAX = 128 * 1024
"""What the cloud's broker takes; the local one is not meant for more."""

TEXT_BYTES_MAX = 2048
FRAME_BYTES_MAX = 1 + PAYLOAD_BYTES_MAX + 2 * (2 + TEXT_BYTES_MAX)
MESSAGE, ACCEPTED = b"M", b"A"

_LENGTH = struct.Struct("!I")
_COUNT = struct.Struct("!I")
_TEXT = struct.Struct("!H")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """A message of a device on its way to the core, or of the core on its way to a device.

    Attributes:
        device: ARN of its thing.
    """

    device: str
    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Accepted:
    """So many messages of devices were taken by the core, in the order in which they were sent."""

    count: int


class BridgeBroken(Exception):
    """What came over the bridge is no message."""


def encode(passing: Passing | Accepted) -> bytes:
    """A frame as it is put on the wire."""
    if isinstance(passing, Accepted):
        rest = ACCEPTED + _COUNT.pack(passing.count)
    else:
        rest = MESSAGE + _text(passing.device) + _text(passing.topic) + passing.payload
    return _LENGTH.pack(len(rest)) + rest


def _text(text: str) -> bytes:
    encoded = text.encode()
    return _TEXT.pack(len(encoded)) + encoded


def decode(frame: bytes) -> Passing | Accepted:
    """What is in a frame, whose length is gone already.

    Raises:
        BridgeBroken: nothing that is known.
    """
    try:
        if frame[:1] == ACCEPTED:
            return Accepted(*_COUNT.unpack(frame[1:]))
        if frame[:1] != MESSAGE:
            raise BridgeBroken(f"a frame of {len(frame)} bytes is of no known kind")
        device, after = _take_text(frame, 1)
        topic, after = _take_text(frame, after)
    except (struct.error, UnicodeDecodeError) as error:
        raise BridgeBroken(f"a frame of {len(frame)} bytes is no message: {error}") from error
    return Passing(device=device, topic=topic, payload=frame[after:])


def _take_text(frame: bytes, at: int) -> tuple[str, int]:
    (length,) = _TEXT.unpack_from(frame, at)
    begin = at + _TEXT.size
    if begin + length > len(frame):
        raise BridgeBroken(f"a frame of {len(frame)} bytes ends within a text")
    return frame[begin : begin + length].decode(), begin + length


async def receive(reader: asyncio.StreamReader) -> Passing | Accepted | None:
    """What comes next; None: the other side is gone.

    Raises:
        BridgeBroken: something else came.
    """
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        if length > FRAME_BYTES_MAX:
            raise BridgeBroken(f"a frame of {length} bytes is announced")
        return decode(await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
