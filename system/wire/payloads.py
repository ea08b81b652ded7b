"""The CBOR maps inside frames: the one place that knows the codec.

No client sends tags, and none is read: shared values and string references say with a few bytes more than there is
time to look at. cbor2's decoder in C never gives back some of its own exceptions
(https://github.com/agronholm/cbor2/issues/257), and with each of them the payload stays in memory. What makes it raise
those is kept from it: several tags, and texts that are no UTF-8, which are let through and found afterwards.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import cbor2

# What has to have arrived of a frame that is too large, so that its request id can be told: longer ids are given up.
REQUEST_ID_PREFIX_BYTES = 1024
VALUES_MAX = 100_000
"""No request has so many; a frame of tens of millions would hold up all other clients for as many microseconds."""
_REQUEST_ID = cbor2.dumps("requestId")
_BYTES, _TEXT, _MAP, _TAG = 2, 3, 5, 6
_LENGTH_BYTES = {24: 1, 25: 2, 26: 4, 27: 8}
_WITHOUT_END = 31
_HEADS_OF_TAGS = bytes(range(_TAG << 5, (_TAG + 1) << 5))
_WITHOUT_TEXTS = frozenset({bytes, int, bool, float, type(None)})
# The codec takes every handler of Python's; its stubs know three.
_UNSOUND: Any = "surrogateescape"
_ENCODER = cbor2.CBOREncoder(BytesIO())
"""Kept, since to make one takes longer than to encode an answer; our own values leave nothing behind in it."""


@dataclass(eq=False)
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
    if refusal := _refusal(payload):
        raise Undecodable(refusal, leading_request_id(payload))
    try:
        values = cbor2.loads(payload, str_errors=_UNSOUND)
        sound = _is_sound(values)
    except Exception as error:  # depths that the codec trips over, whatever it then raises
        raise Undecodable(f"{error or type(error).__name__}", leading_request_id(payload)) from None
    if not sound:
        raise Undecodable("a text in it is no UTF-8", leading_request_id(payload))
    if not isinstance(values, dict):
        raise Undecodable(f"it is a {type(values).__name__}", None)
    return values


def _is_sound(value: Any) -> bool:
    """Whether every text is one."""
    if isinstance(value, str):
        return value.isascii() or _is_text(value)
    if isinstance(value, dict | cbor2.FrozenDict):
        return _are_sound(value) and _are_sound(value.values())
    return _are_sound(value) if isinstance(value, list | tuple) else True


def _are_sound(values: Iterable[Any]) -> bool:
    # In a loop, with what is told by the type alone first: this is passed by every message.
    for each in values:
        if type(each) is str:
            if not each.isascii() and not _is_text(each):
                return False
        elif type(each) not in _WITHOUT_TEXTS and not _is_sound(each):
            return False
    return True


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refusal(payload: bytes) -> str | None:
    """The first tag, or that there are too many values to look for one; heads are looked at however they nest."""
    if len(payload.translate(None, _HEADS_OF_TAGS)) == len(payload):
        return None
    place = 0
    for _ in range(VALUES_MAX):
        if place >= len(payload):
            return None
        major, info = payload[place] >> 5, payload[place] & 0x1F
        size = _LENGTH_BYTES.get(info, 0)
        place += 1 + size
        value = int.from_bytes(payload[place - size : place], "big") if size else info
        if major == _TAG:
            return f"it has the tag {value}"
        if major in (_BYTES, _TEXT) and info != _WITHOUT_END:
            place += value
    return f"it has more than {VALUES_MAX} values"


def encode(values: Mapping[str, Any]) -> bytes:
    """The payload that carries a map."""
    return _ENCODER.encode_to_bytes(values)


def leading_request_id(prefix: bytes) -> str | None:
    """The request id in the first bytes of a payload, if it is the first field: all clients put it there."""
    if not prefix or prefix[0] >> 5 != _MAP:
        return None
    entries = prefix[1 + _LENGTH_BYTES.get(prefix[0] & 0x1F, 0) :]
    value = entries.removeprefix(_REQUEST_ID)
    if value == entries or not value or value[0] >> 5 != _TEXT:
        return None
    try:
        text = cbor2.CBORDecoder(BytesIO(value), str_errors=_UNSOUND).decode()
    except Exception:  # as in decode
        return None
    return text if isinstance(text, str) and _is_text(text) else None
