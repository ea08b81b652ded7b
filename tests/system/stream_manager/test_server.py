"""The server as a process, met on the wire: the vendor's client, hand-made frames, kills."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import psutil
import pytest
from stream_manager import (
    InvalidRequestException,
    MessageStreamDefinition,
    NotEnoughMessagesException,
    ReadMessagesOptions,
    ResourceNotFoundException,
    StrategyOnFull,
    UpdateNotAllowedException,
)
from stream_manager.data import Persistence

from harness.waiting import wait_until

APPEND, READ, LIST, CREATE, UPDATE = 4, 5, 11, 2, 15
DEFINITION = {"name": "S", "strategyOnFull": 1}


def definition(**fields):
    fields.setdefault("strategy_on_full", StrategyOnFull.OverwriteOldestData)
    return MessageStreamDefinition(name="S", **fields)


@pytest.fixture
def client(server):
    made = server.client()
    yield made
    made.close()


def created(raw):
    operation, answer = raw.ask(CREATE, {"requestId": "create", "definition": DEFINITION})
    assert (operation, answer["status"]) == (CREATE + 5, 0)


def test_the_vendors_client_creates_appends_reads_updates_and_deletes(client):
    assert client.list_streams() == []
    client.create_message_stream(definition())
    with pytest.raises(InvalidRequestException, match="already exists"):
        client.create_message_stream(definition())
    assert [client.append_message("S", b"%d" % number) for number in range(3)] == [0, 1, 2]
    read = client.read_messages("S", ReadMessagesOptions(min_message_count=3))
    assert [(message.sequence_number, message.payload) for message in read] == [
        (0, b"0"),
        (1, b"1"),
        (2, b"2"),
    ]
    info = client.describe_message_stream("S")
    assert info.storage_status.newest_sequence_number == 2
    client.update_message_stream(info.definition)
    with pytest.raises(UpdateNotAllowedException):
        client.update_message_stream(definition(persistence=Persistence.Memory))
    with pytest.raises(NotEnoughMessagesException, match="greater than the last sequence number"):
        client.read_messages("S", ReadMessagesOptions(desired_start_sequence_number=3))
    client.delete_message_stream("S")
    with pytest.raises(ResourceNotFoundException):
        client.append_message("S", b"x")


def test_a_read_whose_patience_is_the_clients_own_leaves_the_client_alive(server):
    client = server.client(request_timeout=1)
    client.create_message_stream(definition())
    options = ReadMessagesOptions(read_timeout_millis=1000)
    for _ in range(3):
        with pytest.raises(NotEnoughMessagesException):
            client.read_messages("S", options)
    assert client.append_message("S", b"x") == 0
    client.close()


def test_a_waiting_read_does_not_hold_up_the_appends_of_its_client(client):
    client.create_message_stream(definition())
    options = ReadMessagesOptions(
        desired_start_sequence_number=10, min_message_count=10, read_timeout_millis=20_000
    )
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(client.read_messages, "S", options)
        began = time.monotonic()
        for number in range(20):
            assert client.append_message("S", b"x") == number
        assert [message.sequence_number for message in read.result(10)] == list(range(10, 20))
        assert time.monotonic() - began < 10


def test_many_threads_share_one_client(client):
    client.create_message_stream(definition())
    with ThreadPoolExecutor(16) as pool:
        numbers = list(pool.map(lambda _: client.append_message("S", b"x" * 2000), range(500)))
    assert sorted(numbers) == list(range(500))


@pytest.mark.parametrize("flush", [False, True])
def test_after_a_kill_everything_acknowledged_is_there_without_a_gap(server, flush):
    with server.raw() as raw:
        raw.connect()
        values = {"requestId": "c", "definition": {**DEFINITION, "flushOnWrite": flush}}
        raw.ask(CREATE, values)
        acknowledged = append_until_killed(raw, server)
    server.start()
    with server.raw() as raw:
        raw.connect()
        payloads = read_all(raw)
    assert len(payloads) >= len(acknowledged) > 100
    assert payloads == [b"%d" % number for number in range(len(payloads))]


def append_until_killed(raw, server):
    """Appends in a pipeline and kills the server in the middle; the sequence numbers that were acknowledged."""
    acknowledged = []

    def write():
        for number in range(1_000_000):
            values = {"requestId": f"{number}", "name": "S", "payload": b"%d" % number}
            try:
                raw.send(APPEND, values)
            except OSError:
                return

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while True:
            _, answer = raw.receive()
            assert answer["requestId"] == f"{len(acknowledged)}"
            assert answer["sequenceNumber"] == len(acknowledged)
            acknowledged.append(answer["sequenceNumber"])
            if len(acknowledged) == 500:
                server.kill()
    except (EOFError, OSError):
        writer.join()
    return acknowledged


def read_all(raw):
    payloads = []
    while True:
        options = {"desiredStartSequenceNumber": len(payloads), "maxMessageCount": 1000}
        values = {"requestId": "r", "streamName": "S", "readMessagesOptions": options}
        _, answer = raw.ask(READ, values)
        if answer["status"]:
            assert answer["status"] == 13
            return payloads
        for message in answer["messages"]:
            assert message["sequenceNumber"] == len(payloads)
            payloads.append(message["payload"])


# -- frames by hand --------------------------------------------------------------------------------


def test_bytes_may_come_one_by_one(server):
    with server.raw() as raw:
        data = b"\x01" + raw.frame(1, {"requestId": "c", "protocolVersion": "1.1.0"})
        for byte in data:
            raw.socket.sendall(bytes([byte]))
        assert raw.exactly(1) == b"\x01"
        assert raw.receive()[1]["status"] == 0
        for byte in raw.frame(LIST, {"requestId": "l"}):
            raw.socket.sendall(bytes([byte]))
        assert raw.receive() == (
            12,
            {"requestId": "l", "status": 0, "errorMessage": "", "streams": []},
        )


def test_requests_that_come_in_one_piece_are_answered_in_their_order(server):
    with server.raw() as raw:
        raw.connect()
        created(raw)
        values = [{"requestId": f"{n}", "name": "S", "payload": b"x"} for n in range(200)]
        raw.socket.sendall(b"".join(raw.frame(APPEND, each) for each in values))
        answers = [raw.receive()[1] for _ in values]
        assert [answer["requestId"] for answer in answers] == [f"{n}" for n in range(200)]
        assert [answer["sequenceNumber"] for answer in answers] == list(range(200))


def test_reads_in_one_piece_are_answered_each_though_they_take_a_round_each(server):
    with server.raw() as raw:
        raw.connect()
        created(raw)
        raw.ask(APPEND, {"requestId": "a", "name": "S", "payload": b"x"})
        reads = [raw.frame(READ, {"requestId": f"{n}", "streamName": "S"}) for n in range(50)]
        raw.socket.sendall(b"".join(reads))
        assert [raw.receive()[1]["requestId"] for _ in reads] == [f"{n}" for n in range(50)]


def test_a_wrong_version_byte_is_refused_and_the_connection_closed(server):
    with server.raw() as raw:
        raw.socket.sendall(b"\x02")
        assert raw.exactly(1) == b"\x01"
        operation, answer = raw.receive()
        assert (operation, answer["status"]) == (6, 8)
        assert raw.socket.recv(1) == b""


def test_a_client_of_protocol_1_0_is_served(server):
    with server.raw() as raw:
        assert raw.connect("1.0.0")["protocolVersion"] == "1.0.0"
        created(raw)
        assert raw.ask(APPEND, {"requestId": "a", "name": "S", "payload": b"x"})[1]["status"] == 0
        raw.send(UPDATE, {"requestId": "u", "definition": DEFINITION})
        assert raw.socket.recv(1) == b""


def test_garbage_ends_its_own_connection_alone(server):
    with server.raw() as good, server.raw() as bad:
        good.connect()
        bad.connect()
        bad.socket.sendall(bytes(100))
        assert bad.socket.recv(1) == b""
        assert good.ask(LIST, {"requestId": "l"})[1]["status"] == 0


def test_a_request_that_is_too_large_is_refused_while_it_is_still_being_sent(server):
    with server.raw() as raw:
        raw.connect()
        frame = raw.frame(APPEND, {"requestId": "big", "name": "S", "payload": bytes(70_000_000)})
        sending = threading.Thread(target=send_as_much_as_is_taken, args=(raw.socket, frame))
        sending.start()
        operation, answer = raw.receive()
        assert (operation, answer["requestId"], answer["status"]) == (9, "big", 4)
        sending.join(30)
        assert not sending.is_alive()


def send_as_much_as_is_taken(connection, data):
    with suppress(OSError):
        connection.sendall(data)


def test_a_client_that_writes_a_frame_in_two_pieces_does_not_wait_for_acknowledgements(server):
    with server.raw() as raw:
        raw.connect()
        created(raw)
        raw.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
        frame = raw.frame(APPEND, {"requestId": "a", "name": "S", "payload": b"x"})
        began = time.monotonic()
        for _ in range(200):
            raw.socket.sendall(frame[:5])
            raw.socket.sendall(frame[5:])
            raw.receive()
        # The kernel's delayed acknowledgement alone would make this 8 s.
        assert time.monotonic() - began < 4


def test_a_client_that_reads_no_answers_does_not_fill_the_servers_memory(server):
    process = psutil.Process(server.process.pid)
    with server.raw() as slow, server.raw() as other:
        slow.connect()
        other.connect()
        created(other)
        other.ask(APPEND, {"requestId": "a", "name": "S", "payload": bytes(4_000_000)})
        frame = slow.frame(READ, {"requestId": "r", "streamName": "S"})
        slow.socket.settimeout(0.5)
        with pytest.raises(TimeoutError):
            while True:
                slow.socket.sendall(frame * 1000)
        assert process.memory_info().rss < 300_000_000
        assert other.ask(LIST, {"requestId": "l"})[1]["streams"] == ["S"]
        slow.socket.settimeout(10)
        for _ in range(3):
            assert len(slow.receive()[1]["messages"][0]["payload"]) == 4_000_000


def test_a_thousand_clients_may_wait_at_once(server):
    read = {"streamName": "S", "readMessagesOptions": {"readTimeoutMillis": 60_000}}
    with server.raw() as first:
        first.connect()
        created(first)
        waiting = [server.raw() for _ in range(1000)]
        for each in waiting:
            each.connect()
            each.send(READ, {"requestId": "r", **read})
        assert first.ask(APPEND, {"requestId": "a", "name": "S", "payload": b"x"})[1]["status"] == 0
        assert all(each.receive()[1]["status"] == 0 for each in waiting)
        for each in waiting:
            each.socket.close()


def test_clients_that_come_and_go_leave_nothing_behind(server):
    process = psutil.Process(server.process.pid)
    before = process.num_fds()
    for _ in range(200):
        with server.raw() as raw:
            raw.connect()
    wait_until(lambda: process.num_fds() == before, seconds=10, what="closed sockets")


def test_only_clients_with_a_known_token_may_connect_where_tokens_are_given(make_server):
    server = make_server(STREAM_MANAGER_CLIENT_TOKENS="one,two").start()
    for token, status in (("two", 0), ("three", 2), ("", 2)):
        with server.raw() as raw:
            assert raw.connect(authToken=token)["status"] == status
