"""What a line tells of a payload: enough to find it again, and none of its content."""

import hashlib
import json
from contextlib import suppress
from typing import Any

HASH_CHARACTERS = 32
READING_BYTES_MAX = 1 << 20
"""A larger payload is not searched for a reading; none of our functions makes one."""


def digest(payload: bytes) -> str:
    """The first half of the payload's SHA-256, in hexadecimal."""
    return hashlib.sha256(payload).hexdigest()[:HASH_CHARACTERS]


def reading_of(payload: bytes) -> str | None:
    """`sensor/ordinal` of a payload that is a reading, None for any other."""
    if not payload.startswith(b"{") or len(payload) > READING_BYTES_MAX:
        return None
    with suppress(ValueError, RecursionError):
        fields = json.loads(payload)
        sensor, ordinal = fields.get("sensor"), fields.get("ordinal")
        if isinstance(sensor, str) and isinstance(ordinal, int):
            return f"{sensor}/{ordinal}"
    return None


def describe(payload: bytes) -> dict[str, Any]:
    """The fields `hash`, `size` and, for a reading, `reading`."""
    fields: dict[str, Any] = {"hash": digest(payload), "size": len(payload)}
    if (reading := reading_of(payload)) is not None:
        fields["reading"] = reading
    return fields
