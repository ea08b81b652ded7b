import gc

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from system.wire.payloads import (
    REQUEST_ID_PREFIX_BYTES,
    Undecodable,
    decode,
    encode,
    leading_request_id,
)

# Captured from the Java client: a map of indefinite length, closed by ff.
JAVA_LIST = bytes.fromhex("bf697265717565737449646272 31ff".replace(" ", ""))
# Captured from the Node client: its request id is one space.
NODE_LIST = bytes.fromhex("a1697265717565737449646120")

# Larger ones are tags.
INTEGERS = st.integers(-(2**64), 2**64 - 1)


@pytest.mark.parametrize(("payload", "request_id"), [(JAVA_LIST, "r1"), (NODE_LIST, " ")])
def test_maps_of_all_clients_are_read(payload, request_id):
    assert decode(payload) == {"requestId": request_id}


def test_maps_of_indefinite_length_may_be_nested():
    payload = bytes.fromhex("bf616dbf616101ffff")

    assert decode(payload) == {"m": {"a": 1}}


@given(st.dictionaries(st.text(max_size=8), st.none() | INTEGERS | st.binary() | st.booleans()))
def test_a_map_comes_back_as_it_was(values):
    assert decode(encode(values)) == values


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        b"\xa1",
        b"\xa1" * 5000,
        cbor2.dumps([1]),
        cbor2.dumps("text"),
        cbor2.dumps(None),
        bytes.fromhex("a1a10101"),
        bytes.fromhex("c074") + b"yesterday, mostly...",
        b"GET / HTTP/1.1\r\n\r\n",
    ],
    ids=["empty", "break", "cut", "deep", "list", "text", "null", "map as key", "bad date", "http"],
)
def test_anything_else_is_undecodable_with_a_reason(payload):
    with pytest.raises(Undecodable, match=r"^the payload is not a CBOR map: ."):
        decode(payload)


@given(st.binary(max_size=60))
def test_noise_is_a_map_or_undecodable(payload):
    try:
        assert isinstance(decode(payload), dict)
    except Undecodable as error:
        assert str(error)


def test_the_request_id_is_saved_from_a_damaged_payload():
    payload = cbor2.dumps({"requestId": "r9", "name": "S", "payload": b"x" * 100})

    with pytest.raises(Undecodable) as raised:
        decode(payload[:-1])

    assert raised.value.request_id == "r9"


@pytest.mark.parametrize("size", [1, 30, 300, 70_000])
@pytest.mark.parametrize("indefinite", [False, True])
def test_a_leading_request_id_is_found_in_the_first_bytes(size, indefinite):
    body = cbor2.dumps({"requestId": "r1", **{str(n): n for n in range(size - 1)}})
    head = {1: 1, 30: 2, 300: 3, 70_000: 5}[size]
    prefix = b"\xbf" + body[head:] if indefinite else body

    assert leading_request_id(prefix[:REQUEST_ID_PREFIX_BYTES]) == "r1"


@pytest.mark.parametrize(
    "prefix",
    [
        b"",
        b"\xa1",
        b"\xa1\x69request",
        cbor2.dumps({"name": "S", "requestId": "r1"}),
        cbor2.dumps({"requestId": 7}),
        cbor2.dumps(["requestId", "r1"]),
        cbor2.dumps({"requestId": "x" * 5000})[:REQUEST_ID_PREFIX_BYTES],
        b"\xb8",
    ],
    ids=[
        "nothing",
        "no key",
        "half a key",
        "not first",
        "no text",
        "no map",
        "too long",
        "no size",
    ],
)
def test_without_a_leading_request_id_there_is_none(prefix):
    assert leading_request_id(prefix) is None


UNSOUND = cbor2.dumps({"requestId": "r1", "name": "Sx"}).replace(b"Sx", b"\xff\xfe")


@pytest.mark.parametrize(
    "payload",
    [
        UNSOUND,
        UNSOUND.replace(b"\x62\xff\xfe", b"\x7f\x62\xff\xfe\xff"),
        UNSOUND.replace(b"\x62\xff\xfe", b"\xa1\x62\xff\xfe\x00"),
        UNSOUND.replace(b"\x62\xff\xfe", b"\x81\x81\x62\xff\xfe"),
        UNSOUND.replace(b"\x62\xff\xfe", b"\xa1\xa1\x62\xff\xfe\x00\x00"),
        UNSOUND.replace(b"\x62\xff\xfe", b"\xa1\x81\x62\xff\xfe\x00"),
        UNSOUND.replace(b"\x62\xff\xfe", b"\x79\xff\xff" + b"\xff" * 0xFFFF),
    ],
    ids=[
        "a value",
        "in pieces",
        "a key",
        "in lists",
        "in a map as key",
        "in a list as key",
        "a long one",
    ],
)
def test_a_text_that_is_no_text_is_found_wherever_it_is(payload):
    with pytest.raises(Undecodable, match="no UTF-8") as raised:
        decode(payload)
    assert raised.value.request_id == "r1"


TAGS = [
    *range(7),
    21,
    23,
    24,
    25,
    28,
    29,
    30,
    32,
    35,
    36,
    37,
    43000,
    255,
    256,
    258,
    260,
    261,
    55799,
]


@pytest.mark.parametrize("tag", [*TAGS, 2**32, 2**64 - 1])
def test_a_tag_is_refused_wherever_it_is(tag):
    tagged = cbor2.dumps(cbor2.CBORTag(tag, "("))
    payload = cbor2.dumps({"requestId": "r1", "x": [{"y": 0}]})
    assert payload.endswith(b"\x00")
    for each in (payload[:-1] + tagged, payload[:-3] + b"\xa1" + tagged + b"\x00"):
        with pytest.raises(Undecodable, match=f"it has the tag {tag}$") as raised:
            decode(each)
        assert raised.value.request_id == "r1"
    with pytest.raises(Undecodable, match=f"it has the tag {tag}$"):
        decode(tagged[:-2] + payload)


def test_nobody_is_held_up_by_looking_at_millions_of_values():
    values = {"requestId": "a", "many": [0] * 20_000_000 + ["\u00c0"]}
    with pytest.raises(Undecodable, match="it has more than 100000 values") as raised:
        decode(cbor2.dumps(values))
    assert raised.value.request_id == "a"


def test_a_tag_is_found_behind_heads_of_all_sizes():
    values = {"requestId": "r1", "x": [1, 300, 70_000, 2**40, -(2**40), "t" * 300, b"b" * 70_000]}
    body = cbor2.dumps(values)
    assert decode(body) == values
    with pytest.raises(Undecodable, match="it has the tag 25"):
        decode(b"\xa3" + body[1:] + b"\x61z\xd8\x19\x00")


def test_a_few_bytes_cannot_say_more_than_there_is_time_to_look_at():
    doubled = []
    for _ in range(60):
        doubled = [doubled, doubled]
    payload = cbor2.dumps({"requestId": "r1", "x": doubled}, value_sharing=True)
    assert len(payload) < 1000
    with pytest.raises(Undecodable, match="it has the tag 28"):
        decode(payload)


def test_one_text_cannot_be_said_a_million_times():
    said_again = b"\xd8\x19\x00"
    texts = b"\x82" + cbor2.dumps("ä" * 30_000) + b"\x9f" + said_again * 30_000 + b"\xff"
    payload = b"\xa2\x69requestId\x62r1\x61x\xd9\x01\x00" + texts
    with pytest.raises(Undecodable, match="it has the tag 256"):
        decode(payload)


@given(st.dictionaries(st.text(max_size=4), st.binary() | INTEGERS | st.lists(st.binary())))
def test_bytes_that_look_like_tags_are_none(values):
    values["tagged"] = b"\xc1\xd8\x23\xd8\x25\xd9\x00\x23"
    assert decode(encode(values)) == values


@pytest.mark.parametrize(
    "payload",
    [
        UNSOUND,
        b"\xa1\x61x\xc1\xfb" + b"\xff" * 8,
        b"\xa1\x61x\xd8\x23\x61(",
        b"\xa1\x61x\xd8\x25\x00",
    ],
)
def test_nothing_is_kept_of_what_could_not_be_decoded(payload):
    def objects_after(times):
        for _ in range(times):
            with pytest.raises(Undecodable):
                decode(payload)
        gc.collect()
        return len(gc.get_objects())

    before = objects_after(10)
    assert objects_after(1000) < before + 100
