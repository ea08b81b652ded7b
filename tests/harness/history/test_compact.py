"""A packed history gives back the same lines, to the byte, and takes little room."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.history.compact import MAGIC, Packer, pack, unpack
from harness.history.lines import Line, render

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.sampled_from(["a-1", "a-2", "a-10", "a-02", "7", "f" * 32, "0" * 32])
)
values = scalars | st.lists(scalars, max_size=3) | st.dictionaries(st.text(max_size=2), scalars)
told = {name: st.text(max_size=2) for name in ("witness", "kind", "type")}
others = dict.fromkeys(["at", "id", "hash", "hashes", "sizes"], values)
histories = st.lists(
    st.fixed_dictionaries({}, optional={**told, **others}).filter(bool), max_size=12
)


def rewritten(lines: list[Line], block: int) -> list[dict[str, Any]]:
    packer = Packer()
    for at in range(0, len(lines), block):
        packer.add(lines[at : at + block])
    return list(unpack(packer.data()))


@settings(max_examples=200, deadline=None)
@given(histories, st.integers(1, 5))
def test_whatever_the_lines_are_they_come_back_as_they_were(lines: list[Line], block: int) -> None:
    assert render(rewritten(lines, block)) == render(lines)


def readings(count: int) -> list[Line]:
    """What a reading leaves in a history: an append, its answer, and, for twenty of them, a request."""
    draw = random.Random(1)
    lines: list[Line] = []
    hashes: list[str] = []
    for number in range(count):
        at = round(1000 + number * 50 + draw.random(), 3)
        hash_ = f"{draw.getrandbits(128):032x}"
        hashes.append(hash_)
        tap = {"witness": "edge-tap", "kind": "append"}
        known = {"hash": hash_, "size": 108 + draw.randrange(3), "reading": f"sensor-1/{number}"}
        lines.append(
            {"at": at, **tap, "type": "invoked", "id": f"1-{number}", "stream": "S", **known}
        )
        lines.append(
            {"at": at, **tap, "type": "ok", "id": f"1-{number}", "sequence_number": number}
        )
        if len(hashes) == 20:
            put = {"witness": "cloud-tap", "kind": "put", "type": "invoked", "id": f"k-{number}"}
            lines.append({"at": at, **put, "hashes": hashes, "sizes": [108] * 20})
            hashes = []
    return lines


def test_a_reading_takes_little_more_room_than_its_hash() -> None:
    lines = readings(4000)
    data = pack(lines)
    assert render(unpack(data)) == render(lines)
    assert len(data) < 30 * 4000
    assert len(render(lines)) > 300 * 4000


@pytest.mark.parametrize("data", [b"", b"{}", pack(readings(40))[:-3], MAGIC + b"\0\0\0\2no"])
def test_what_is_no_packed_history_is_told(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"it does not begin|its end is missing|cannot be read"):
        list(unpack(data))
