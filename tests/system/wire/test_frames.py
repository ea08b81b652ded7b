import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from system.wire.frames import (
    FRAME_BYTES_MAX,
    Frame,
    FrameMalformed,
    FrameReader,
    FrameTooLarge,
    encode,
)

# As an official client sends them: operation 1 after the connect version, operation 4.
CONNECT = bytes.fromhex(
    "0000005d01a469726571756573744964627231" "6f70726f746f636f6c56657273696f6e65312e312e30"
    "781e6f74686572537570706f7274656450726f746f636f6c56657273696f6e738165312e302e30"
    "6a73646b56657273696f6e65312e312e32"
)  # fmt: skip
APPEND = bytes.fromhex(
    "0000002204a369726571756573744964627232646e616d656153677061796c6f616443616263"
)


def reader_of(data, **options):
    reader = FrameReader(**options)
    reader.feed(data)
    return reader


def test_a_client_s_frames_are_cut_apart():
    reader = reader_of(b"\x01" + CONNECT + APPEND)

    assert reader.take(1) == b"\x01"
    assert reader.next() == Frame(1, CONNECT[5:])
    assert reader.next() == Frame(4, APPEND[5:])
    assert reader.next() is None
    assert not reader.inside_a_frame()


def test_a_frame_is_made_as_a_client_makes_it():
    assert encode(4, APPEND[5:]) == APPEND


def test_a_frame_may_have_no_payload():
    assert encode(11, b"") == b"\x00\x00\x00\x01\x0b"
    assert reader_of(encode(11, b"")).next() == Frame(11, b"")


@pytest.mark.parametrize("operation", [-128, -1, 0, 99, 127])
def test_an_operation_that_nobody_knows_is_passed_on(operation):
    assert reader_of(encode(operation, b"x")).next() == Frame(operation, b"x")


@given(
    st.lists(st.tuples(st.integers(-128, 127), st.binary(max_size=40)), max_size=6),
    st.lists(st.integers(0, 250)),
)
def test_however_the_bytes_are_fragmented_the_frames_are_the_same(frames, cuts):
    data = b"".join(encode(*each) for each in frames)
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    reader, found = FrameReader(), []
    for begin, end in itertools.pairwise(places):
        reader.feed(data[begin:end])
        while frame := reader.next():
            found.append(frame)
    assert found == [Frame(*each) for each in frames]
    assert not reader.inside_a_frame()


def test_bytes_of_an_incomplete_frame_are_told():
    assert reader_of(APPEND[:-1]).inside_a_frame()
    assert reader_of(b"\x00").inside_a_frame()


def test_nothing_is_taken_while_there_is_too_little():
    reader = reader_of(b"a")

    assert reader.take(2) is None
    reader.feed(b"bc")
    assert (reader.take(2), reader.take(1)) == (b"ab", b"c")


@pytest.mark.parametrize("length", [0, -1, -(1 << 31)])
def test_a_length_that_cannot_be_is_malformed(length):
    with pytest.raises(FrameMalformed, match=str(length)):
        reader_of(length.to_bytes(4, "big", signed=True)).next()


@pytest.mark.parametrize(("length", "taken"), [(64, True), (65, False)])
def test_a_frame_has_at_most_the_limit(length, taken):
    reader = reader_of(length.to_bytes(4, "big"), limit=64)

    if taken:
        assert reader.next() is None
    else:
        with pytest.raises(FrameTooLarge, match="65 bytes was announced, at most 64"):
            reader.next()


def test_the_protocol_s_own_limit_is_the_clients():
    assert FRAME_BYTES_MAX == 2**30
    assert reader_of((2**30).to_bytes(4, "big")).next() is None
    with pytest.raises(FrameTooLarge):
        reader_of((2**30 + 1).to_bytes(4, "big")).next()
