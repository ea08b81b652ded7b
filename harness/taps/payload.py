"""What a line tells of a payload: enough to find it again, and none of its content."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from harness.taps.property_values import canonical, takeable

HASH_CHARACTERS = 32
READING_BYTES_MAX = 1 << 20
"""A larger payload is not searched for a reading; none of our functions makes one."""

REMEMBERED_BYTES_MAX = 4096
"""What passes several witnesses of one process is described once, unless it is large."""


def digest(payload: bytes) -> str:
    """The first half of the SHA-256 of a payload, or of its canonical form if it is an entry of SiteWise."""
    return _half(canonical(payload) or payload)


def _half(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:HASH_CHARACTERS]


def _fields_of(payload: bytes) -> dict[str, Any]:
    """The payload if it is a JSON object with a sensor, nothing for any other."""
    if not payload.startswith(b"{") or len(payload) > READING_BYTES_MAX:
        return {}
    with suppress(ValueError, RecursionError):
        fields = json.loads(payload)
        if isinstance(fields.get("sensor"), str):
            return dict(fields)
    return {}


def _reading(fields: dict[str, Any]) -> str | None:
    ordinal = fields.get("ordinal")
    return f"{fields['sensor']}/{ordinal}" if isinstance(ordinal, int) else None


def _aggregate(fields: dict[str, Any]) -> dict[str, Any] | None:
    told = [fields.get(name) for name in ("first_sequence_number", "last_sequence_number", "count")]
    if not all(isinstance(each, int) for each in told):
        return None
    return {"sensor": fields["sensor"], **dict(zip(("first", "last", "count"), told, strict=True))}


def reading_of(payload: bytes) -> str | None:
    """`sensor/ordinal` of a payload that is a reading, None for any other."""
    fields = _fields_of(payload)
    return _reading(fields) if fields else None


def describe(payload: bytes) -> Mapping[str, Any]:
    """The fields `hash` and `size`, for a reading `reading`, for an aggregate of readings `aggregate`, for an entry
    that SiteWise can take `entry`."""
    return _remembered(payload) if len(payload) <= REMEMBERED_BYTES_MAX else _described(payload)


def _described(payload: bytes) -> Mapping[str, Any]:
    entry = canonical(payload)
    told: dict[str, Any] = {"hash": _half(entry or payload), "size": len(payload)}
    if entry is not None and takeable(payload):
        told["entry"] = True
    if not (fields := _fields_of(payload)):
        return MappingProxyType(told)
    if (reading := _reading(fields)) is not None:
        told["reading"] = reading
    elif (aggregate := _aggregate(fields)) is not None:
        told["aggregate"] = aggregate
    return MappingProxyType(told)


_remembered = lru_cache(maxsize=2048)(_described)
