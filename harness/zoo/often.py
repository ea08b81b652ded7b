"""When something breaks that breaks now and then."""

from zlib import crc32

from harness.taps.puts import Put


def chosen(put: Put, one_in: int) -> bool:
    """Whether a request is one of those that are treated badly, always the same ones: by their first payload."""
    return bool(put.payloads) and crc32(put.payloads[0]) % one_in == 0


def flipped(payload: bytes) -> bytes:
    """The payload with one of its bytes changed."""
    return payload[:-3] + bytes([payload[-3] ^ 1]) + payload[-2:]
