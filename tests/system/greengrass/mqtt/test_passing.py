"""Messages between core and broker."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from system.greengrass.mqtt.passing import (
    FRAME_BYTES_MAX,
    Accepted,
    BridgeBroken,
    Passing,
    decode,
    encode,
    receive,
)

texts = st.text(max_size=50)


def received(data: bytes) -> list[Passing | Accepted | None]:
    async def all_of_it() -> list[Passing | Accepted | None]:
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        found = [await receive(reader)]
        while found[-1] is not None:
            found.append(await receive(reader))
        return found

    return asyncio.run(all_of_it())


@given(texts, texts, st.binary(max_size=200))
def test_a_message_arrives_as_it_was_sent(device, topic, payload):
    sent = Passing(device=device, topic=topic, payload=payload)
    assert received(encode(sent) * 2) == [sent, sent, None]


def test_what_the_core_has_taken_is_counted():
    assert received(encode(Accepted(1)) + encode(Accepted(70_000))) == [
        Accepted(1),
        Accepted(70_000),
        None,
    ]


def test_a_message_that_is_cut_off_is_none():
    sent = Passing(device="d", topic="t", payload=b"12345")
    assert received(encode(sent) + encode(sent)[:-1]) == [sent, None]


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"M",
        b"M\x00",
        b"M\x00\x05abc",
        b"M\x00\x01\xff\x00\x01t",
        b"A\x00",
        b"X\x00\x00\x00\x00",
    ],
)
def test_what_is_no_message_is_refused(frame):
    with pytest.raises(BridgeBroken):
        decode(frame)


def test_more_than_a_message_may_have_is_not_waited_for():
    with pytest.raises(BridgeBroken, match="announced"):
        received((FRAME_BYTES_MAX + 1).to_bytes(4, "big"))
