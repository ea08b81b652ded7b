import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from system.stream_manager.log.format import (
    RECORD_OVERHEAD_BYTES,
    Record,
    decode,
    encode,
    record_size,
    segment_base,
    segment_name,
)

INT64 = st.integers(-(2**63), 2**63 - 1)
UINT64 = st.integers(0, 2**64 - 1)


def test_a_record_is_the_bytes_that_the_module_draws():
    checked = (7).to_bytes(8, "big") + (1_600_000_000_000).to_bytes(8, "big") + b"abc"
    drawn = (3).to_bytes(4, "big") + zlib.crc32(checked).to_bytes(4, "big") + checked

    assert encode(7, 1_600_000_000_000, b"abc") == drawn


def test_the_overhead_is_published():
    assert RECORD_OVERHEAD_BYTES == 24
    assert record_size(3) == 27 == len(encode(0, 0, b"abc"))


@given(UINT64, INT64, st.binary(min_size=1), st.binary(), st.binary())
def test_a_record_is_found_between_others(number, time_ms, payload, before, behind):
    data = encode(number, time_ms, payload)

    assert decode(before + data + behind, len(before)) == (
        Record(number, time_ms, payload),
        len(before) + len(data),
    )


@given(st.binary(min_size=1, max_size=60), st.data())
def test_a_part_of_a_record_is_none(payload, data):
    whole = encode(1, 2, payload)

    assert decode(whole[: data.draw(st.integers(0, len(whole) - 1))]) is None


@given(st.binary(min_size=1, max_size=60), st.data())
def test_a_record_with_any_bit_changed_is_none(payload, data):
    whole = bytearray(encode(1, 2, payload))
    bit = data.draw(st.integers(0, len(whole) * 8 - 1))
    whole[bit // 8] ^= 1 << bit % 8

    assert decode(bytes(whole)) is None


def test_zeros_are_no_record():
    assert decode(bytes(100)) is None


@pytest.mark.parametrize("base", [0, 1, 2**63 - 1])
def test_a_segment_is_named_by_its_base(base):
    name = segment_name(base)

    assert len(name) == 24 and name.endswith(".log")
    assert segment_base(name) == base


@given(st.lists(st.integers(0, 2**63 - 1)))
def test_names_sort_as_they_are_read(bases):
    assert sorted(map(segment_name, bases)) == [segment_name(base) for base in sorted(bases)]


@pytest.mark.parametrize(
    "name",
    ["", ".log", "1.log", "0" * 20, f"{'0' * 20}.txt", f"{'0' * 21}.log", f"{'x' * 20}.log",
     f"+{'0' * 19}.log", f"{'٣' * 20}.log", f"{'0' * 20}.log.new"],
)  # fmt: skip
def test_any_other_file_is_no_segment(name):
    assert segment_base(name) is None
