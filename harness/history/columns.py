"""Values of one field in many lines, in the shortest of a few forms that JSON can hold.

```
["same", value]                       all are this value
["whole", [first, step, step, ...]]   whole numbers: the first, then what has to be added each time
["ms", [first, step, ...]]            the same for milliseconds with three decimals, in microseconds
["numbered", before, width, [...]]    a text and a whole number behind it, with zeros in front up to this width
["hash", [first, step, ...]]          places in the list of all hashes so far, as whole numbers
["hashes", [size, ...], [...]]        lists of hashes: how many are in each, then the places of all of them
["plain", [value, ...]]               as they are
```
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, chain, islice, pairwise
from typing import Any

_NUMBERED = re.compile(r"(.*?)([0-9]{1,80})", re.DOTALL)
_HASH = re.compile(r"[0-9a-f]{32}")


class Hashes:
    """All hashes so far, by the order in which they were seen first.

    Attributes:
        new: those that were seen since it was emptied.
    """

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self.new: list[str] = []

    def place(self, hash_: str) -> int:
        """Where it is in the list."""
        place = self._places.get(hash_)
        if place is None:
            place = self._places[hash_] = len(self._places)
            self.new.append(hash_)
        return place


def _steps(numbers: Sequence[int]) -> list[int]:
    return [*numbers[:1], *(after - before for before, after in pairwise(numbers))]


def packed(name: str, values: Sequence[Any], hashes: Hashes) -> list[Any]:
    """The column of a field.

    Args:
        name: of the field; `hash` and `hashes` are what they are called.
        values: one for each line, at least one.
    """
    first = values[0]
    if _all_same(values):
        return ["same", first]
    form = _FORMS.get(name) or _BY_TYPE.get(type(first))
    found = form(values, hashes) if form is not None else None
    return ["plain", list(values)] if found is None else found


def _all_same(values: Sequence[Any]) -> bool:
    first = values[0]
    if type(first) is str:
        return all(each == first for each in values)
    # To Python 1, 1.0 and True are equal; to a reader of the lines they are not.
    said = repr(first)
    return all(each is first or repr(each) == said for each in values)


def _are(values: Iterable[Any], kind: type) -> bool:
    return set(map(type, values)) == {kind}


def _whole(values: Sequence[Any], hashes: Hashes) -> list[Any] | None:
    return ["whole", _steps(values)] if _are(values, int) else None


def _ms(values: Sequence[Any], hashes: Hashes) -> list[Any] | None:
    if not _are(values, float) or not all(abs(each) < 1e12 for each in values):
        return None
    us = [round(each * 1000) for each in values]
    exact = all(each == value / 1000 for each, value in zip(values, us, strict=True))
    # A zero with a sign is no number of microseconds.
    return ["ms", _steps(us)] if exact and not (0 in us and "-0.0" in map(str, values)) else None


def _numbered(values: Sequence[Any], hashes: Hashes) -> list[Any] | None:
    if not _are(values, str) or (match := _NUMBERED.fullmatch(values[0])) is None:
        return None
    before, width = match[1], len(match[2])
    if width > 1 and not match[2].startswith("0"):
        width = 1
    tails = [each[len(before) :] for each in values if each.startswith(before)]
    if len(tails) < len(values) or not all(each.isdecimal() and each.isascii() for each in tails):
        return None
    numbers = [int(each) for each in tails]
    same = all(f"{number:0{width}d}" == tail for number, tail in zip(numbers, tails, strict=True))
    return ["numbered", before, width, _steps(numbers)] if same else None


def _hash(values: Sequence[Any], hashes: Hashes) -> list[Any] | None:
    if not _are(values, str) or not all(map(_HASH.fullmatch, values)):
        return None
    return ["hash", _steps([hashes.place(each) for each in values])]


def _hash_lists(values: Sequence[Any], hashes: Hashes) -> list[Any] | None:
    if not _are(values, list):
        return None
    found = _hash([*chain.from_iterable(values)], hashes)
    return None if found is None else ["hashes", [len(each) for each in values], found[1]]


_Form = Callable[[Sequence[Any], Hashes], list[Any] | None]
_FORMS: dict[str, _Form] = {"hash": _hash, "hashes": _hash_lists}
_BY_TYPE: dict[type, _Form] = {int: _whole, float: _ms, str: _numbered}


def unpacked(column: Sequence[Any], count: int, hashes: Sequence[str]) -> Iterable[Any]:
    """The values of a column.

    Args:
        count: of the lines.
        hashes: all so far.

    Raises:
        ValueError: it has none of the forms.
    """
    match column:
        case ["same", value]:
            return [value] * count
        case ["whole", steps]:
            return accumulate(steps)
        case ["ms", steps]:
            return [each / 1000 for each in accumulate(steps)]
        case ["numbered", before, width, steps]:
            return [f"{before}{number:0{width}d}" for number in accumulate(steps)]
        case ["hash", steps]:
            return [hashes[place] for place in accumulate(steps)]
        case ["hashes", sizes, steps]:
            return _cut([hashes[place] for place in accumulate(steps)], sizes)
        case ["plain", values]:
            return list(values)
    raise ValueError(f"a column of the form {column[:1]!r}")


def _cut(values: Iterable[str], sizes: Iterable[int]) -> Iterator[list[str]]:
    rest = iter(values)
    return (list(islice(rest, size)) for size in sizes)
