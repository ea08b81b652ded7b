"""The CBOR maps inside frames: the one place that knows the codec."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import cbor2

# What has to have arrived of a frame that is too large, so that its request id can be told: longer ids are given up.
REQUEST_ID_PREFIX_BYTES = 1024
_REQUEST_ID = "requestId"
_MAP = 5
_ENCODER = cbor2.CBOREncoder(BytesIO())
"""Kept, since to make one takes longer than to encode an answer; our own values leave nothing behind in it."""
_LENGTH_BYTES = {24: 1, 25: 2, 26: 4, 27: 8}


@dataclass
class Undecodable(Exception):
    """The peer sent a payload that is not one CBOR map.

    Attributes:
        reason: what the codec found.
        request_id: the id, where the payload is sound that far.
    """

    reason: str
    request_id: str | None

    def __str__(self) -> str:
        return f"the payload is not a CBOR map: {self.reason}"


def decode(payload: bytes) -> dict[str, Any]:
    """The map in a payload; of definite or indefinite length, unknown keys included.

    Raises:
        Undecodable: it is anything else.
    """
    try:
        values = cbor2.loads(payload)
    except Exception as error:  # tags and depths that the codec trips over, whatever it then raises
        raise Undecodable(f"{error or type(error).__name__}", leading_request_id(payload)) from None
    if not isinstance(values, dict):
        raise Undecodable(f"it is a {type(values).__name__}", None)
    return values


def encode(values: Mapping[str, Any]) -> bytes:
    """The payload that carries a map."""
    return _ENCODER.encode_to_bytes(values)


def leading_request_id(prefix: bytes) -> str | None:
    """The request id in the first bytes of a payload, if it is the first field: all clients put it there."""
    if not prefix or prefix[0] >> 5 != _MAP:
        return None
    entries = BytesIO(prefix[1 + _LENGTH_BYTES.get(prefix[0] & 0x1F, 0) :])
    decoder = cbor2.CBORDecoder(entries)
    try:
        key, value = decoder.decode(), decoder.decode()
    except Exception:  # as in decode
        return None
    return value if key == _REQUEST_ID and isinstance(value, str) else None
