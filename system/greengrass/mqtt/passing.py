"""Messages between core and broker, as both put them on the wire.

    length of the rest, 4 bytes | length of the device, 2 | device | length of the topic, 2 | topic | payload

Numbers are big-endian, texts UTF-8.
"""

import asyncio
import struct
from dataclasses import dataclass

PAYLOAD_BYTES_MAX = 128 * 1024
"""What the cloud's broker takes; the local one is not meant for more."""

TEXT_BYTES_MAX = 2048
FRAME_BYTES_MAX = PAYLOAD_BYTES_MAX + 2 * (2 + TEXT_BYTES_MAX)

_LENGTH = struct.Struct("!I")
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


class BridgeBroken(Exception):
    """What came over the bridge is no message."""


def encode(passing: Passing) -> bytes:
    """A message as it is put on the wire."""
    texts = b"".join(_text(each) for each in (passing.device, passing.topic))
    return _LENGTH.pack(len(texts) + len(passing.payload)) + texts + passing.payload


def _text(text: str) -> bytes:
    encoded = text.encode()
    return _TEXT.pack(len(encoded)) + encoded


def decode(frame: bytes) -> Passing:
    """The message in a frame, whose length is gone already.

    Raises:
        BridgeBroken: it is none.
    """
    try:
        device, after = _take_text(frame, 0)
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


async def receive(reader: asyncio.StreamReader) -> Passing | None:
    """The next message; None: the other side is gone.

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
