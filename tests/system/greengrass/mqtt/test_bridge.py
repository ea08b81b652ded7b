"""The core's end of the bridge: whom it knows, and that nothing is lost between two lives of the broker."""

import socket
from contextlib import suppress

import pytest

from harness.waiting import wait_until
from system.greengrass.mqtt.passing import Passing, encode

from .conftest import SEEN_S, THINGS, CoreEnd


@pytest.fixture
def core_end():
    made = CoreEnd()
    yield made
    made.close()


def connected(core_end, token=None):
    broker = socket.create_connection(("127.0.0.1", core_end.bridge.port), 10)
    broker.settimeout(SEEN_S)
    broker.sendall(f"{token or core_end.bridge.token}\n".encode())
    return broker


def message(payload):
    return encode(Passing(device=f"{THINGS}/pump", topic="t", payload=payload))


def ended(connection):
    """Whether the core ends a connection without a word."""
    with suppress(ConnectionError):
        return connection.recv(1) == b""
    return True


def test_a_message_is_accepted_when_it_is_taken(core_end):
    with connected(core_end) as broker:
        core_end.free.clear()
        broker.sendall(message(b"1"))
        broker.settimeout(0.2)
        with pytest.raises(TimeoutError):
            broker.recv(9)
        core_end.free.set()
        broker.settimeout(SEEN_S)
        assert broker.recv(9) == b"\x00\x00\x00\x05A\x00\x00\x00\x01"
    assert core_end.payloads() == [b"1"]


def test_whoever_does_not_know_the_token_is_not_listened_to(core_end):
    with connected(core_end, token="guessed") as stranger:
        stranger.sendall(message(b"1"))
        assert ended(stranger)
    assert core_end.payloads() == []
    assert not core_end.bridge.connected.is_set()


def test_a_broker_that_is_started_again_is_listened_to_while_the_last_message_still_waits(core_end):
    first = connected(core_end)
    core_end.free.clear()
    first.sendall(message(b"of the first"))
    wait_until(core_end.bridge.connected.is_set, seconds=SEEN_S, what="the bridge")
    with connected(core_end) as second:
        second.sendall(message(b"of the second"))
        first.close()
        core_end.free.set()
        wait_until(lambda: len(core_end.received) == 2, seconds=SEEN_S, what="both messages")
        assert core_end.send(f"{THINGS}/pump", "t", b"back")
        found = b""
        while not found.endswith(b"back"):
            found += second.recv(4096)
    assert {*core_end.payloads()} == {b"of the first", b"of the second"}


def test_what_is_no_message_ends_the_connection(core_end):
    with connected(core_end) as broker:
        broker.sendall(b"\xff\xff\xff\xff")
        assert ended(broker)
