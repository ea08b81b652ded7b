"""A long history in little space: lines of equal shape side by side, field by field.

```
stream-chaos history 1\n
4 bytes, big endian: length n of the block
n bytes: the block, JSON in UTF-8, compressed by zlib
... and so on
```

A block is `{"hashes": text, "shapes": [[names, columns], ...], "order": [shape, how many, shape, how many, ...]}`.
A shape is a list of names of fields and a column for each (`columns`). The lines are taken from the shapes in the order
that `order` tells. `hashes` are those that were not in an earlier block, 32 digits each.
"""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import Any

from harness.history.columns import Hashes, packed, unpacked
from harness.history.lines import Line

COMPACT = "history.compact"
"""The file of a run that has its history in this form."""

MAGIC = b"stream-chaos history 1\n"
BLOCK_LINES = 20_000
"""Lines of a block, but for the last one."""

HASH_DIGITS = 32
_LENGTH_BYTES = 4
_LEVEL = 3


class Packer:
    """Packs a history while it is made."""

    def __init__(self) -> None:
        self._hashes = Hashes()
        self._blocks = [MAGIC]

    def add(self, lines: Sequence[Line]) -> None:
        """Pack the next lines into a block of their own."""
        if lines:
            block = zlib.compress(self._block(lines), _LEVEL)
            self._blocks += [len(block).to_bytes(_LENGTH_BYTES, "big"), block]

    def _block(self, lines: Sequence[Line]) -> bytes:
        numbers: dict[Any, int] = {}
        groups: list[list[Line]] = []
        order = []
        for line in lines:
            shape = (line.get("witness"), line.get("kind"), line.get("type"), *line)
            number = numbers.setdefault(shape, len(groups))
            if number == len(groups):
                groups.append([])
            groups[number].append(line)
            order.append(number)
        self._hashes.new.clear()
        block = {
            "shapes": [self._shape(group) for group in groups],
            "order": [each for shape, run in groupby(order) for each in (shape, len([*run]))],
            "hashes": "".join(self._hashes.new),
        }
        # What a witness wrote of something that is no JSON is what it looks like, as in its own file.
        return json.dumps(block, separators=(",", ":"), default=repr).encode()

    def _shape(self, lines: Sequence[Line]) -> list[Any]:
        names = [*lines[0]]
        return [names, [packed(name, [e[name] for e in lines], self._hashes) for name in names]]

    def data(self) -> bytes:
        """All that was packed."""
        return b"".join(self._blocks)


def pack(lines: Iterable[Line]) -> bytes:
    """A whole history."""
    packer, rest = Packer(), iter(lines)
    while part := list(islice(rest, BLOCK_LINES)):
        packer.add(part)
    return packer.data()


def unpack(data: bytes) -> Iterator[dict[str, Any]]:
    """The lines of a packed history, one after the other.

    Raises:
        ValueError: it is none, or its end is missing.
    """
    if not data.startswith(MAGIC):
        raise ValueError("it does not begin as a packed history does")
    hashes: list[str] = []
    try:
        for block in _blocks(data):
            new = block["hashes"]
            hashes += (new[at : at + HASH_DIGITS] for at in range(0, len(new), HASH_DIGITS))
            yield from _lines(block, hashes)
    except (zlib.error, KeyError, IndexError, TypeError) as error:
        raise ValueError(f"a block of it cannot be read: {error!r}") from error


def _blocks(data: bytes) -> Iterator[Mapping[str, Any]]:
    at = len(MAGIC)
    while at < len(data):
        begin = at + _LENGTH_BYTES
        at = begin + int.from_bytes(data[begin - _LENGTH_BYTES : begin], "big")
        if at > len(data):
            raise ValueError("its end is missing")
        yield json.loads(zlib.decompress(data[begin:at]))


def _lines(block: Mapping[str, Any], hashes: Sequence[str]) -> Iterator[dict[str, Any]]:
    order = block["order"]
    counts = [0] * len(block["shapes"])
    for shape, many in zip(order[::2], order[1::2], strict=True):
        counts[shape] += many
    rows = [
        zip(*(unpacked(column, count, hashes) for column in columns), strict=True)
        for (_, columns), count in zip(block["shapes"], counts, strict=True)
    ]
    names = [each[0] for each in block["shapes"]]
    for shape, many in zip(order[::2], order[1::2], strict=True):
        for row in islice(rows[shape], many):
            yield dict(zip(names[shape], row, strict=True))
