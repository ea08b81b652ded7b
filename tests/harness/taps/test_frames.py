"""Cutting frames: nothing is lost or changed, however the bytes come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.taps import frames
from harness.taps.frames import Cutter, Frame


def wire(*cut: Frame) -> bytes:
    return b"".join(
        (len(f.payload) + 1).to_bytes(4, "big")
        + f.operation.to_bytes(1, "big", signed=True)
        + f.payload
        for f in cut
    )


def feed_in_parts(
    cutter: Cutter, data: bytes, sizes: list[int]
) -> tuple[bytes, list[Frame], list[str]]:
    passed, found, problems = b"", [], []
    for size in [*sizes, len(data)]:
        part, data = data[:size], data[size:]
        for piece in cutter.feed(part):
            passed += piece.data
            found += [piece.frame] if piece.frame else []
            problems += [piece.problem] if piece.problem else []
    return passed, found, problems


FRAMES = st.builds(Frame, st.integers(-128, 127), st.binary(max_size=300))
SIZES = st.lists(st.integers(0, 50), max_size=40)


@given(st.lists(FRAMES, max_size=6), SIZES)
def test_what_is_cut_is_what_was_sent(sent: list[Frame], sizes: list[int]) -> None:
    data = b"\x01" + wire(*sent)
    assert feed_in_parts(Cutter(), data, sizes) == (data, sent, [])


@given(st.binary(max_size=400), SIZES)
def test_any_bytes_are_passed_on(data: bytes, sizes: list[int]) -> None:
    cutter = Cutter()
    passed, _, _ = feed_in_parts(cutter, data, sizes)
    assert passed + cutter.rest() == data


def test_a_frame_comes_as_one_piece_at_every_split() -> None:
    frame = wire(Frame(9, b"abc"))
    for at in range(1, len(frame)):
        cutter = Cutter()
        list(cutter.feed(b"\x01"))
        pieces = [*cutter.feed(frame[:at]), *cutter.feed(frame[at:])]
        assert [piece.data for piece in pieces] == [frame]


def test_a_length_that_cannot_be_ends_the_understanding_but_not_the_traffic() -> None:
    cutter = Cutter()
    junk = b"\x01" + b"\xff\xff\xff\xff\x04" + wire(Frame(4, b"x"))
    passed, found, problems = feed_in_parts(cutter, junk, [3, 3, 3])
    assert (passed, found) == (junk, [])
    assert problems == ["a frame cannot have the length -1"]


def test_another_connect_version_ends_the_understanding_but_not_the_traffic() -> None:
    junk = b"GET / HTTP/1.1\r\n\r\n"
    assert feed_in_parts(Cutter(), junk, [1, 2]) == (junk, [], ["the connect version is 71, not 1"])


def test_a_frame_too_large_to_hold_streams_through_and_the_next_one_is_understood(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(frames, "HELD_BYTES_MAX", 100)
    large, small = Frame(10, b"x" * 200), Frame(9, b"y")
    cutter = Cutter()
    list(cutter.feed(b"\x01"))
    first = list(cutter.feed(wire(large)[:5]))
    assert [len(piece.data) for piece in first] == [5], "the header leaves in one piece"
    assert "200" not in first[0].problem and "201 bytes" in first[0].problem
    passed, found, _ = feed_in_parts(cutter, wire(large)[5:] + wire(small), [50, 50])
    assert passed == wire(large)[5:] + wire(small)
    assert found == [small]


def test_the_rest_is_what_was_held() -> None:
    cutter = Cutter()
    list(cutter.feed(b"\x01\x00\x00"))
    assert cutter.inside_a_frame()
    assert cutter.rest() == b"\x00\x00"
    assert not cutter.inside_a_frame()
