"""The edge tap between scripted clients and servers: what passes, and what is written down when."""

import hashlib
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from contextlib import closing

import pytest
from stream_manager import (
    MessageStreamDefinition,
    StrategyOnFull,
    StreamManagerClient,
    StreamManagerException,
)

from .conftest import (
    CONNECT,
    CONNECTED,
    SEEN_S,
    Script,
    StartTap,
    Tap,
    append,
    appended,
    closed_port,
    connect,
    frame,
    receive,
    receive_frame,
    reset,
    scripted_stream_manager,
)

Serve = Callable[[Script], int]


@pytest.fixture
def start_edge(start_tap: StartTap) -> Callable[[int], Tap]:
    return lambda server: start_tap("edge", "--listen", "0", "--server", str(server))


StartEdge = Callable[[int], Tap]


def open_client(tap: Tap) -> socket.socket:
    client = connect(tap.ports["edge"])
    client.sendall(CONNECT)
    assert receive(client, len(CONNECTED)) == CONNECTED
    return client


def test_a_request_and_its_answer_are_written_down(serve: Serve, start_edge: StartEdge) -> None:
    tap = start_edge(serve(scripted_stream_manager))
    payload = b'{"sensor":"sensor-1","ordinal":7}'
    with open_client(tap) as client:
        client.sendall(append("r", payload, "LocalDataStream"))
        assert receive_frame(client) == (
            9,
            {"requestId": "r", "status": 0, "errorMessage": "", "sequenceNumber": 0},
        )
    asked, answered = tap.wait(2, kind="append")
    assert asked == {
        "at": asked["at"],
        "witness": "edge-tap",
        "kind": "append",
        "type": "invoked",
        "id": "1-2",
        "stream": "LocalDataStream",
        "hash": hashlib.sha256(payload).hexdigest()[:32],
        "size": len(payload),
        "reading": "sensor-1/7",
    }
    assert (answered["type"], answered["id"], answered["sequence_number"]) == ("ok", "1-2", 0)
    assert asked["at"] <= answered["at"]


def test_a_request_is_on_file_before_the_server_has_it(serve: Serve, start_edge: StartEdge) -> None:
    taps: list[Tap] = []
    on_file: list[int] = []

    def look(connection: socket.socket) -> None:
        receive(connection, 1)
        receive_frame(connection)
        connection.sendall(CONNECTED)
        for number in range(20):
            receive_frame(connection)
            on_file.append(len(taps[0].lines(kind="append", type="invoked")))
            connection.sendall(appended("r", number))

    taps.append(start_edge(serve(look)))
    answered = []
    with open_client(taps[0]) as client:
        for _ in range(20):
            client.sendall(append("r", b"x"))
            receive_frame(client)
            answered.append(len(taps[0].lines(kind="append", type="ok")))
    assert on_file == list(range(1, 21))
    assert answered == list(range(1, 21))


def test_bytes_arrive_as_they_were_sent_at_every_split(serve: Serve, start_edge: StartEdge) -> None:
    tap = start_edge(serve(scripted_stream_manager))
    request = append("r", b"abc")
    with open_client(tap) as client:
        for at in range(1, len(request)):
            client.sendall(request[:at])
            client.sendall(request[at:])
            assert receive_frame(client)[1]["sequenceNumber"] == at - 1
    assert len(tap.wait(len(request) - 1, kind="append", type="ok")) == len(request) - 1
    assert tap.lines(kind="frame") == []


def test_nothing_is_lost_of_what_a_client_sends_at_once(
    serve: Serve, start_edge: StartEdge
) -> None:
    tap = start_edge(serve(scripted_stream_manager))
    for number in range(50):
        with closing(connect(tap.ports["edge"])) as client:
            client.sendall(CONNECT)
            assert receive(client, len(CONNECTED)) == CONNECTED
        about = tap.wait(count=2, id=f"{number + 1}-1")
        (accepted,) = tap.lines(kind="connection", type="ok", id=str(number + 1))
        assert accepted["at"] <= about[0]["at"], "who is not connected has asked for nothing"


def test_an_answer_leaves_whole_however_the_server_sends_it(
    serve: Serve, start_edge: StartEdge
) -> None:
    answer = appended("r", 0)

    def dribble(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        receive(connection, 1)
        receive_frame(connection)
        connection.sendall(CONNECTED)
        for _ in range(50):
            receive_frame(connection)
            for byte in answer:
                connection.sendall(bytes([byte]))

    with open_client(start_edge(serve(dribble))) as client:
        for _ in range(50):
            client.sendall(append("r", b"x"))
            assert client.recv(1 << 16) == answer, "one read gives the whole frame"


def test_requests_with_the_same_id_are_answered_in_their_order(
    serve: Serve, start_edge: StartEdge
) -> None:
    def both_then_answers(connection: socket.socket) -> None:
        receive(connection, 1)
        receive_frame(connection)
        connection.sendall(CONNECTED)
        for _ in range(3):
            receive_frame(connection)
        # The read is answered last although it was asked first, as a long poll may be.
        read = frame(10, {"requestId": " ", "status": 0, "messages": []})
        connection.sendall(appended(" ", 5) + appended(" ", 6) + read)
        receive(connection, 1)

    tap = start_edge(serve(both_then_answers))
    with open_client(tap) as client:
        read = frame(5, {"requestId": " ", "streamName": "S"})
        client.sendall(read + append(" ", b"first") + append(" ", b"second"))
        tap.wait(kind="read", type="ok")
    assert [
        (line["id"], line["sequence_number"]) for line in tap.lines(kind="append", type="ok")
    ] == [("1-3", 5), ("1-4", 6)]
    assert tap.lines(kind="read", type="ok")[0]["id"] == "1-2"


def test_a_refusal_and_a_status_are_told_apart(serve: Serve, start_edge: StartEdge) -> None:
    tap = start_edge(serve(scripted_stream_manager))
    definition = {"name": "S", "strategyOnFull": 1, "exportDefinition": {"kinesis": []}}
    with open_client(tap) as client:
        client.sendall(frame(2, {"requestId": "r", "definition": definition}))
        receive_frame(client)
    asked, refused = tap.wait(2, kind="create")
    assert (asked["stream"], asked["definition"]) == ("S", definition)
    assert (refused["type"], refused["status"], refused["error"]) == ("failed", 3, "no")


def test_an_unanswered_request_is_unknown_whoever_closes(
    serve: Serve, start_edge: StartEdge
) -> None:
    def answer_connect_only(connection: socket.socket) -> None:
        receive(connection, 1)
        receive_frame(connection)
        connection.sendall(CONNECTED)
        while receive_frame(connection)[1]["requestId"] != "close":
            pass

    tap = start_edge(serve(answer_connect_only))
    client = open_client(tap)
    client.sendall(append("r", b"x"))
    tap.wait(kind="append", type="invoked")
    client.close()
    (line,) = tap.wait(kind="append", type="unknown")
    assert line["reason"] == "connection closed by client"

    with open_client(tap) as client:
        client.sendall(append("close", b"x"))
        assert client.recv(1) == b"", "the end is passed on"
    assert [line["reason"] for line in tap.wait(2, kind="append", type="unknown")][1] == (
        "connection closed by server"
    )


def test_a_reset_is_passed_on_as_a_reset(serve: Serve, start_edge: StartEdge) -> None:
    seen = threading.Event()

    def until_reset(connection: socket.socket) -> None:
        receive(connection, 1)
        receive_frame(connection)
        connection.sendall(CONNECTED)
        try:
            connection.recv(1)
        except ConnectionResetError:
            seen.set()

    tap = start_edge(serve(until_reset))
    reset(open_client(tap))
    assert seen.wait(SEEN_S)


def test_a_server_that_does_not_listen_closes_the_client_at_once(start_edge: StartEdge) -> None:
    tap = start_edge(closed_port())
    # The reset may be there before connecting is over.
    with pytest.raises(ConnectionResetError), closing(connect(tap.ports["edge"])) as client:
        client.recv(1)
    (line,) = tap.wait(kind="connection", type="failed")
    assert line["reason"] == "Connection refused"


def test_junk_passes_and_is_noted(serve: Serve, start_edge: StartEdge) -> None:
    def echo(connection: socket.socket) -> None:
        while data := connection.recv(1 << 16):
            connection.sendall(data)

    tap = start_edge(serve(echo))
    undecodable = b"\x00\x00\x00\x03\x04\xff\xff"
    with closing(connect(tap.ports["edge"])) as client:
        for junk in (b"\x01", undecodable, frame(4, ["no map"]), b"\x00\x00\x00\x00junk"):
            client.sendall(junk)
            assert receive(client, len(junk)) == junk
    notes = [line["reason"] for line in tap.wait(6, kind="frame")]
    assert sum("request of operation 4 cannot be decoded" in note for note in notes) == 2
    assert any("length 0" in note for note in notes)


def test_half_a_frame_reaches_the_server_when_the_client_ends(
    serve: Serve, start_edge: StartEdge
) -> None:
    got: list[bytes] = []
    done = threading.Event()

    def collect(connection: socket.socket) -> None:
        while data := connection.recv(1 << 16):
            got.append(data)
        done.set()

    tap = start_edge(serve(collect))
    sent = CONNECT + append("r", b"never complete")[:-3]
    with closing(connect(tap.ports["edge"])) as client:
        client.sendall(sent)
    assert done.wait(SEEN_S)
    assert b"".join(got) == sent


def test_an_operation_that_nobody_knows_is_matched_with_its_refusal(
    serve: Serve, start_edge: StartEdge
) -> None:
    def refuse(connection: socket.socket) -> None:
        receive(connection, 1)
        receive_frame(connection)
        connection.sendall(CONNECTED)
        receive_frame(connection)
        connection.sendall(frame(17, {"requestId": "r", "status": 18}))
        receive(connection, 1)

    tap = start_edge(serve(refuse))
    with open_client(tap) as client:
        client.sendall(frame(99, {"requestId": "r"}))
        receive_frame(client)
    asked, refused = tap.wait(2, kind="other")
    assert (asked["operation"], refused["type"], refused["status"]) == (99, "failed", 18)


def test_the_tap_outlives_a_killed_server(start_edge: StartEdge) -> None:
    script = textwrap.dedent(
        """
        import socket
        server = socket.create_server(("127.0.0.1", 0))
        print(server.getsockname()[1], flush=True)
        connection, _ = server.accept()
        while connection.recv(65536): pass
        """
    )
    server = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    with server:
        assert server.stdout is not None
        tap = start_edge(int(server.stdout.readline()))
        with closing(connect(tap.ports["edge"])) as client:
            client.sendall(CONNECT + append("r", b"x"))
            tap.wait(kind="append", type="invoked")
            os.kill(server.pid, signal.SIGKILL)
            assert client.recv(1) == b""
        tap.wait(kind="append", type="unknown")
        # The reset may be there before connecting is over.
        with pytest.raises(ConnectionResetError), closing(connect(tap.ports["edge"])) as client:
            client.recv(1)
    tap.wait(kind="connection", type="failed")


def test_a_stopped_tap_says_what_it_could_not_see_and_that_it_closed(
    serve: Serve, start_edge: StartEdge
) -> None:
    def silent(connection: socket.socket) -> None:
        while connection.recv(1 << 16):
            pass

    tap = start_edge(serve(silent))
    with closing(connect(tap.ports["edge"])) as client:
        client.sendall(CONNECT)
        tap.wait(kind="connect", type="invoked")
        lines = tap.stop()
    assert next(line for line in lines if line["type"] == "unknown")["reason"].endswith("by tap")
    assert [line["witness"] for line in lines[-2:]] == ["uplink-tap", "edge-tap"]
    assert {line["kind"] for line in lines[-2:]} == {"closed"}


def test_a_taken_port_is_one_sentence(serve: Serve) -> None:
    port = serve(lambda connection: None)
    command = [sys.executable, "-m", "harness.taps.edge", "--listen", str(port), "--server", "1"]
    ended = subprocess.run(
        [*command, "--record", "/dev/null", "--origin", "0"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 4
    assert ended.stderr.startswith(f"edge-tap cannot listen on port {port}")
    assert len(ended.stderr.splitlines()) == 1


def test_two_stock_clients_work_through_the_tap(serve: Serve, start_edge: StartEdge) -> None:
    tap = start_edge(serve(scripted_stream_manager))
    clients = [StreamManagerClient(port=tap.ports["edge"]) for _ in range(2)]
    try:
        for number in range(50):
            for client in clients:
                assert client.append_message("S", b"%d" % number) == number
        with pytest.raises(StreamManagerException, match="no"):
            clients[0].create_message_stream(
                MessageStreamDefinition(
                    name="S", strategy_on_full=StrategyOnFull.OverwriteOldestData
                )
            )
    finally:
        for client in clients:
            client.close()
    numbers = [line["sequence_number"] for line in tap.wait(100, kind="append", type="ok")]
    assert sorted(numbers) == sorted([*range(50), *range(50)])


def test_a_client_that_sends_header_and_body_apart_is_not_slowed(
    serve: Serve, start_edge: StartEdge
) -> None:
    """As the Node clients do, with Nagle's rule in force: 40 ms for each append if nothing is done."""
    tap = start_edge(serve(scripted_stream_manager))
    request = append("r", b"x" * 100)
    with open_client(tap) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
        for _ in range(100):
            client.send(request[:5])
            client.send(request[5:])
            receive_frame(client)
    times = [line["at"] for line in tap.wait(100, kind="append", type="ok")]
    assert times[-1] - times[0] < 2000
