"""Frames that no client sends: those of the corpus, with something wrong in their values, their CBOR or their frame.

Most of them have one thing wrong, so that a server gets far with them; a few have many.
"""

import struct
from datetime import UTC, datetime

import cbor2

from system.wire.payloads import decode

from .corpus import framed

OPERATIONS = [2, 3, 4, 5, 11, 13, 15]
NUMBERS = [0, 1, -1, 5, 127, 128, 255, 256, 1024, 2**31 - 1, 2**31, 2**32, 2**53, 2**63 - 1, 2**63]
NUMBERS += [2**64 - 1, 2**64, -(2**31) - 1, -(2**63) - 1, 2**200, 10**30]
TEXTS = ["", " ", ".", "..", "S", "Status", "a" * 255, "a" * 256, "../../x", "%2e", "\x00", "a\nb"]
TEXTS += ["ä", "\U0001f600", "1.1.0", "1.0.0", "9.9.9", "h", "k", "file:/etc/passwd", "a/b", "CON"]
OTHERS = [None, True, False, 1.5, float("nan"), float("inf"), -0.0, b"", b"\x00", b"x" * 300]
OTHERS += [[], {}, [None], {"": ""}, {1: 2}, [[]] * 20, datetime(2020, 1, 1, tzinfo=UTC)]
OTHERS += [cbor2.undefined, cbor2.CBORSimpleValue(99), cbor2.CBORTag(0, "no date")]
KEYS = [
    "requestId",
    "name",
    "streamName",
    "definition",
    "payload",
    "exportDefinition",
    "identifier",
]
KEYS += ["kinesis", "http", "batchSize", "readMessagesOptions", "unknown", "", "REQUESTID"]
# Dates, big numbers, fractions, shared and repeated values, patterns, addresses, rationals: what the codec knows.
TAGS = [
    0,
    1,
    2,
    3,
    4,
    5,
    25,
    28,
    29,
    30,
    35,
    36,
    37,
    100,
    256,
    258,
    260,
    261,
    55799,
    2**32,
    2**64 - 1,
]
HEADS = [b"\x9f", b"\xbf", b"\x5f", b"\x7f", b"\xff", b"\x1c", b"\xfc", b"\xf8\x10", b"\xd8\x1c"]
HEADS += [b"\x81" * 2000, b"\xa1" * 2000, b"\x9f" * 2000, b"\xd8\x1c" * 900, b"\xc2" * 2000]
LENGTHS = [0, 1, 2, -1, -(2**31), 2**31 - 1, (64 << 20) + 1, 64 << 20, 1000]


class Mutator:
    """Makes bytes to send.

    Args:
        dice: decides everything.
        frames: (operation, payload) of the corpus.
    """

    def __init__(self, dice, frames):
        self._dice = dice
        self._frames = frames

    def next(self):
        """The bytes of one frame, or of what stands in the place of one."""
        operation, payload = self._dice.choice(self._frames)
        if self._dice.random() < 0.15:
            operation = self._dice.choice([*OPERATIONS, self._dice.randint(0, 255)])
        for _ in range(self._dice.choices([0, 1, 2, 5], [1, 10, 4, 1])[0]):
            payload = self._worse(payload)
        return self._framed(operation, payload)

    def _worse(self, payload):
        kind = self._dice.choices(
            [self._with_a_value, self._with_a_key, self._as_other_cbor, self._with_bytes],
            [5, 3, 2, 2],
        )[0]
        try:
            return kind(payload)
        except Exception:  # what an earlier mutation made of it may be anything
            return self._with_bytes(payload)

    # -- values ----------------------------------------------------------------------------------

    def _value(self):
        return self._dice.choice(self._dice.choice([NUMBERS, TEXTS, OTHERS]))

    def _place(self, values):
        """A container somewhere in a tree, and a key of it."""
        container = values
        while True:
            keys = list(container) if isinstance(container, dict) else range(len(container))
            key = self._dice.choice(keys)
            inner = container[key]
            deeper = isinstance(inner, dict | list) and len(inner) > 0
            if not deeper or self._dice.random() < 0.2:
                return container, key
            container = inner

    def _with_a_value(self, payload):
        values = decode(payload)
        container, key = self._place(values)
        container[key] = self._dice.choice([self._value(), self._other(), [container[key]] * 3])
        return cbor2.dumps(values)

    def _other(self):
        """A part of another frame, or a message of another application."""
        container, key = self._place(decode(self._dice.choice(self._frames)[1]))
        return container[key]

    def _with_a_key(self, payload):
        values = decode(payload)
        container, key = self._place(values)
        value = container.pop(key)
        if isinstance(container, dict) and self._dice.random() < 0.5:
            container[self._dice.choice([*KEYS, *NUMBERS[:4]])] = value
        return cbor2.dumps(values)

    # -- other words for it ----------------------------------------------------------------------

    def _as_other_cbor(self, payload):
        values = decode(payload)
        match self._dice.randint(0, 4):
            case 0:
                return _without_lengths(values)
            case 1:
                return cbor2.dumps(cbor2.CBORTag(self._dice.choice(TAGS), values))
            case 2:
                container, key = self._place(values)
                container[key] = cbor2.CBORTag(self._dice.choice(TAGS), self._value())
                return cbor2.dumps(values)
            case 3:
                values["self"] = values
                return cbor2.dumps(values, value_sharing=True)
            case _:
                return cbor2.dumps([values, values], string_referencing=True)

    # -- bytes -----------------------------------------------------------------------------------

    def _with_bytes(self, payload):
        data = bytearray(payload)
        place = self._dice.randint(0, len(data))
        match self._dice.randint(0, 6):
            case 0:
                data[place : place + 1] = bytes([self._dice.randint(0, 255)])
            case 1 if data:
                data[min(place, len(data) - 1)] ^= 1 << self._dice.randint(0, 7)
            case 2:
                del data[place:]
            case 3:
                del data[place : place + self._dice.randint(1, 9)]
            case 4:
                data[place:place] = data[place : place + self._dice.randint(1, 40)]
            case 5:
                data[place:place] = self._dice.choice(HEADS)
            case _:
                # A length that nothing stands behind.
                head = self._dice.choice([0x5B, 0x7B, 0x9B, 0xBB, 0x5A, 0x7A, 0x9A, 0xBA])
                size = ">Q" if head & 0x0F == 0x0B else ">I"
                claimed = self._dice.choice([2**31 - 1, 2**32 - 1, 100_000])
                data[place : place + 1] = bytes([head]) + struct.pack(size, claimed)
        return bytes(data)

    # -- frames ----------------------------------------------------------------------------------

    def _framed(self, operation, payload):
        data = framed(operation, payload)
        chance = self._dice.random()
        if chance > 0.03:
            return data
        if chance > 0.015:
            return struct.pack(">i", self._dice.choice(LENGTHS)) + data[4:]
        return data[: self._dice.randint(0, len(data))]


def _without_lengths(value):
    """As CBOR whose maps and lists end with a break, as the Java client writes them."""
    if isinstance(value, dict):
        inner = b"".join(cbor2.dumps(k) + _without_lengths(v) for k, v in value.items())
        return b"\xbf" + inner + b"\xff"
    if isinstance(value, list):
        return b"\x9f" + b"".join(map(_without_lengths, value)) + b"\xff"
    return cbor2.dumps(value)
