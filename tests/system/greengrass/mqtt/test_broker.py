"""The broker: who is let in, what passes, and that nobody can spoil it for the others."""

import socket
import ssl
import struct
from contextlib import suppress

import pytest

from harness.waiting import wait_until

from .conftest import SEEN_S, THINGS


def test_what_a_device_publishes_reaches_the_core_under_its_thing(broker, core, connect, pump):
    device = connect(broker.port, pump, "pump")
    device.publish("sensor_data", b"1", qos=0)
    device.publish("sensor_data", b"2", qos=1)
    wait_until(lambda: len(core.received) == 2, seconds=SEEN_S, what="both messages")
    assert {each.device for each in core.received} == {f"{THINGS}/pump"}
    assert [(each.topic, each.payload) for each in core.received] == [
        ("sensor_data", b"1"),
        ("sensor_data", b"2"),
    ]


def test_a_message_at_least_once_is_acknowledged(broker, core, connect, pump):
    device = connect(broker.port, pump, "pump")
    device.publish("sensor_data", b"1", qos=1)
    wait_until(lambda: device.acknowledged, seconds=SEEN_S, what="the acknowledgement")


def test_what_is_acknowledged_is_with_the_core(broker, core, connect, pump):
    device = connect(broker.port, pump, "pump")
    core.free.clear()
    try:
        for number in range(20):
            device.publish("sensor_data", str(number).encode(), qos=1)
        device.publish("sensor_data", b"20", qos=0)
        assert device.subscribe("state") == 1
        # It is served all the while, only these it is not told.
        assert len(device.acknowledged) == 1
    finally:
        core.free.set()
    wait_until(lambda: len(device.acknowledged) == 21, seconds=SEEN_S, what="all to be told")
    assert len(core.received) == 21


def test_a_device_may_publish_and_leave_in_one_breath(broker, core, authority, pump):
    with broker.raw(pump, authority) as connection:
        publish = b"\x30\x04\x00\x01t" + b"1"
        connection.sendall(connect_packet(b"brief", 60))
        # What it has not read when it goes would make its kernel reset the connection.
        assert connection.recv(4) == b"\x20\x02\x00\x00"
        connection.sendall(publish * 50 + b"\xe0\x00")
        assert ended(connection)
    wait_until(lambda: len(core.received) == 50, seconds=SEEN_S, what="its messages")


def test_one_device_may_come_under_several_client_ids_at_once(broker, core, connect, pump):
    devices = [connect(broker.port, pump, f"pump-{number}") for number in range(5)]
    for number, device in enumerate(devices):
        device.publish("sensor_data", str(number).encode())
    wait_until(lambda: len(core.received) == 5, seconds=SEEN_S, what="a message of each")
    assert not any(device.ended for device in devices)


def test_messages_of_one_client_keep_their_order(broker, core, connect, pump):
    device = connect(broker.port, pump, "pump")
    for number in range(500):
        device.publish("sensor_data", str(number).encode(), qos=number % 2)
    wait_until(lambda: len(core.received) == 500, seconds=SEEN_S, what="all messages")
    assert core.payloads() == [str(number).encode() for number in range(500)]


def refused(broker, identity, authority):
    """Whether the connection is ended before a single byte of MQTT; the library behind the broker sends no alert."""
    try:
        with broker.raw(identity, authority) as connection:
            return connection.recv(1) == b""
    except OSError:
        return True


def test_a_device_without_a_certificate_is_refused(broker, authority):
    assert refused(broker, None, authority)


def test_a_device_that_the_group_does_not_know_is_refused(broker, authority, stranger):
    assert refused(broker, stranger, authority)


def test_whoever_is_refused_is_told_by_the_log(broker, authority, stranger):
    assert refused(broker, stranger, authority)
    wait_until(
        lambda: "is refused" in broker.log.read_text(), seconds=SEEN_S, what="a line in the log"
    )


def test_the_broker_is_known_by_the_group_s_authority_and_by_its_address(broker, authority, pump):
    # `raw` verifies both.
    with broker.raw(pump, authority) as connection:
        assert connection.version() in ("TLSv1.2", "TLSv1.3")


def test_a_message_reaches_a_device_that_subscribed_once(broker, core, connect, pump):
    device = connect(broker.port, pump, "pump")
    assert device.subscribe("orders/+") == 1
    assert device.subscribe("orders/#") == 1
    assert core.send(f"{THINGS}/pump", "orders/1", b"open")
    assert core.send(f"{THINGS}/pump", "orders/2", b"close")
    wait_until(lambda: len(device.messages) >= 2, seconds=SEEN_S, what="the messages")
    assert device.messages == [("orders/1", b"open", 1), ("orders/2", b"close", 1)]


def test_a_message_for_one_device_does_not_reach_another_one(broker, core, connect, pump, valve):
    first, second = connect(broker.port, pump, "pump"), connect(broker.port, valve, "valve")
    for device in (first, second):
        assert device.subscribe("state", qos=0) == 0
    core.send(f"{THINGS}/pump", "state", b"for the pump")
    core.send(f"{THINGS}/valve", "state", b"for the valve")
    wait_until(lambda: first.messages and second.messages, seconds=SEEN_S, what="both messages")
    assert first.messages == [("state", b"for the pump", 0)]
    assert second.messages == [("state", b"for the valve", 0)]


def test_a_message_of_a_device_reaches_no_device_past_the_core(broker, core, connect, pump, valve):
    first, second = connect(broker.port, pump, "pump"), connect(broker.port, valve, "valve")
    assert second.subscribe("state") == 1
    first.publish("state", b"from the pump")
    wait_until(lambda: core.received, seconds=SEEN_S, what="the message at the core")
    core.send(f"{THINGS}/valve", "state", b"by the core")
    wait_until(lambda: second.messages, seconds=SEEN_S, what="the message of the core")
    assert second.messages == [("state", b"by the core", 1)]


@pytest.mark.parametrize("pattern", ["orders/1", "#", "+", "orders"])
def test_a_device_may_not_subscribe_to_what_it_may_not_be_sent(broker, connect, valve, pattern):
    device = connect(broker.port, valve, "valve")
    granted = device.subscribe(pattern)
    # `state`, which it may be sent, passes these two.
    assert granted == (1 if pattern in ("#", "+") else 128)


def test_a_device_that_comes_again_takes_its_own_place(broker, core, connect, pump):
    first = connect(broker.port, pump, "pump")
    first.paho.reconnect_delay_set(60)
    second = connect(broker.port, pump, "pump")
    wait_until(lambda: first.ended, seconds=SEEN_S, what="the earlier connection to end")
    second.publish("sensor_data", b"mine")
    wait_until(lambda: core.received, seconds=SEEN_S, what="the message")


def test_a_device_cannot_take_another_one_s_place(broker, core, connect, pump, valve):
    first = connect(broker.port, pump, "the same")
    second = connect(broker.port, valve, "the same", clean_session=False)
    second.publish("sensor_data", b"of the valve")
    first.publish("sensor_data", b"of the pump")
    wait_until(lambda: len(core.received) == 2, seconds=SEEN_S, what="both messages")
    assert {each.device.rpartition("/")[2]: each.payload for each in core.received} == {
        "valve": b"of the valve",
        "pump": b"of the pump",
    }


def test_a_session_ends_with_its_connection(broker, core, connect, pump):
    first = connect(broker.port, pump, "pump", clean_session=False)
    assert first.subscribe("state") == 1
    first.close()
    second = connect(broker.port, pump, "pump", clean_session=False)
    core.send(f"{THINGS}/pump", "state", b"not subscribed")
    assert second.subscribe("orders/1") == 1
    core.send(f"{THINGS}/pump", "orders/1", b"subscribed")
    wait_until(lambda: second.messages, seconds=SEEN_S, what="the message")
    assert second.messages == [("orders/1", b"subscribed", 1)]


def connect_packet(client_id: bytes, keep_alive_s: int) -> bytes:
    rest = b"\x00\x04MQTT\x04\x02" + struct.pack("!HH", keep_alive_s, len(client_id)) + client_id
    return bytes([0x10, len(rest)]) + rest


def ended(connection: socket.socket) -> bool:
    """Whether the other side ends it, within a while; what it sends before is swallowed."""
    connection.settimeout(SEEN_S)
    with suppress(ConnectionError, ssl.SSLError):
        while connection.recv(4096):
            pass
    return True


def test_a_device_that_is_silent_beyond_its_keep_alive_is_disconnected(broker, authority, pump):
    with broker.raw(pump, authority) as connection:
        connection.sendall(connect_packet(b"silent", keep_alive_s=1))
        assert connection.recv(4) == b"\x20\x02\x00\x00"
        assert ended(connection)


def test_a_device_that_pings_stays(broker, connect, pump):
    device = connect(broker.port, pump, "pinging", keep_alive_s=1)
    other = connect(broker.port, pump, "silent", keep_alive_s=1)
    other.paho.loop_stop()
    wait_until(
        lambda: "pump/silent is disconnected" in broker.log.read_text(),
        seconds=SEEN_S,
        what="the silent one to be given up",
    )
    assert not device.ended


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        bytes(1000),
        b"\xff" * 1000,
        b"\x10\xff\xff\xff\x7f",
        connect_packet(b"x" * 100, 60)[:-50] + b"\xc3\x28" * 25,
        connect_packet(b"huge", 60) + b"\x30\xff\xff\xff\x7f\x00\x01t",
        connect_packet(b"wild", 60) + b"\x30\x06\x00\x01#abc" + b"\x00" * 100,
        connect_packet(b"third quality", 60) + b"\x36\x07\x00\x01t\x00\x01ab" + b"\xf0\x00",
        connect_packet(b"twice", 60) + connect_packet(b"twice", 60) + b"\xf0\x00",
    ],
)
def test_garbage_ends_its_own_connection_only(broker, core, connect, authority, pump, garbage):
    device = connect(broker.port, pump, "pump")
    with broker.raw(pump, authority) as connection:
        connection.sendall(garbage)
        with suppress(OSError):
            connection.unwrap().shutdown(socket.SHUT_WR)
    device.publish("sensor_data", b"still here")
    wait_until(lambda: core.received, seconds=SEEN_S, what="the message of somebody else")
    assert not device.ended


def test_garbage_in_the_place_of_tls_ends_its_own_connection_only(broker, core, connect, pump):
    for garbage in (b"\x16\x03\x01", b"hello\r\n", bytes(5000)):
        with socket.create_connection(("127.0.0.1", broker.port), 10) as plain:
            plain.sendall(garbage)
            plain.shutdown(socket.SHUT_WR)
            assert ended(plain)
    device = connect(broker.port, pump, "pump")
    device.publish("sensor_data", b"still here")
    wait_until(lambda: core.received, seconds=SEEN_S, what="the message of somebody else")


def test_half_handshakes_keep_nobody_out(broker, core, connect, pump):
    halves = [socket.create_connection(("127.0.0.1", broker.port), 10) for _ in range(210)]
    try:
        for half in halves:
            half.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
        device = connect(broker.port, pump, "pump")
        assert ended(halves[0])
        device.publish("sensor_data", b"let in")
        wait_until(lambda: core.received, seconds=SEEN_S, what="the message of somebody else")
    finally:
        for half in halves:
            half.close()


def test_a_device_that_takes_nothing_holds_nobody_up(broker, core, connect, authority, pump):
    device = connect(broker.port, pump, "reading")
    assert device.subscribe("orders/#") == 1
    with broker.raw(pump, authority) as stuck:
        stuck.sendall(connect_packet(b"stuck", 0))
        assert stuck.recv(4) == b"\x20\x02\x00\x00"
        stuck.sendall(b"\x82\x0d\x00\x01\x00\x08orders/#\x00")
        assert stuck.recv(5) == b"\x90\x03\x00\x01\x00"
        for number in range(200):
            wait_until(
                lambda number=number: core.send(
                    f"{THINGS}/pump", f"orders/{number}", bytes(100_000)
                ),
                seconds=SEEN_S,
                what="room for a message",
            )
        wait_until(lambda: len(device.messages) == 200, seconds=SEEN_S, what="all messages")


def test_while_the_core_is_busy_devices_wait_and_nothing_is_lost(broker, core, connect, pump):
    core.free.clear()
    try:
        device = connect(broker.port, pump, "pump")
        for number in range(3000):
            device.publish("sensor_data", str(number).encode() + bytes(3000), qos=1)
    finally:
        core.free.set()
    wait_until(lambda: len(core.received) >= 3000, seconds=SEEN_S, what="all messages")
    found = [int(payload.rstrip(b"\0")) for payload in core.payloads()]
    assert list(dict.fromkeys(found)) == list(range(3000))


def test_a_client_id_longer_than_the_cloud_s_is_refused(broker, connect, pump):
    with pytest.raises(ConnectionRefusedError, match="identifier"):
        connect(broker.port, pump, "x" * 129)
