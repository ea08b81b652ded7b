"""The lines of a compact history, read from `docs/reference/history.md` alone."""

import json
import zlib
from itertools import accumulate, islice

BEGINNING = b"stream-chaos history 1\n"
DIGITS = 32


def lines_of(data):
    """The lines, in the order in which they were written."""
    assert data.startswith(BEGINNING), "no compact history"
    at, hashes, lines = len(BEGINNING), "", []
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        block, at = json.loads(zlib.decompress(data[at + 4 : end])), end
        hashes += block["hashes"]
        columns = [
            [_values(column, hashes) for column in columns] for _, columns in block["shapes"]
        ]
        order = zip(block["order"][::2], block["order"][1::2], strict=True)
        lines += [
            {name: next(values) for name, values in zip(names, columns[shape], strict=True)}
            for shape, many in order
            for names in [block["shapes"][shape][0]]
            for _ in range(many)
        ]
    return lines


def _values(column, hashes):
    """The values of a column, one after the other."""
    kind, *rest = column
    numbers = accumulate(rest[-1]) if kind not in ("same", "plain") else ()
    match kind:
        case "same":
            return iter(lambda: rest[0], object())
        case "plain":
            return iter(rest[0])
        case "whole":
            return numbers
        case "ms":
            return (each / 1000 for each in numbers)
        case "numbered":
            return (f"{rest[0]}{each:0{rest[1]}d}" for each in numbers)
        case "hash":
            return (_hash(hashes, each) for each in numbers)
        case "hashes":
            return ([_hash(hashes, each) for each in islice(numbers, size)] for size in rest[0])
    raise ValueError(f"a column of the kind {kind}")


def _hash(hashes, place):
    return hashes[place * DIGITS : (place + 1) * DIGITS]
