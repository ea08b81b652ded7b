"""The uplink tap before scripted clouds: what it takes for a request, an answer, a failure."""

import socket
import threading
from collections.abc import Callable
from contextlib import closing

import pytest
import urllib3

from .conftest import SEEN_S, Script, StartTap, Tap, closed_port, connect, receive, reset

Serve = Callable[[Script], int]
StartUplink = Callable[[int], Tap]

REQUEST = b"POST / HTTP/1.1\r\nHost: cloud\r\nContent-Length: 4\r\n\r\nbody"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
def start_uplink(start_tap: StartTap) -> StartUplink:
    def start(target: int) -> Tap:
        ports = ("--listen", "0", "--server", str(closed_port()))
        return start_tap("edge", *ports, "--uplink", f"kinesis=0:{target}")

    return start


def port(tap: Tap) -> int:
    return int(tap.ports["uplink"]["kinesis"])


def requests(tap: Tap) -> list[tuple[str, str, str | None]]:
    return [(line["type"], line["id"], line.get("reason")) for line in tap.lines(kind="request")]


def answer_every_request(connection: socket.socket) -> None:
    while receive(connection, len(REQUEST)) == REQUEST:
        connection.sendall(ANSWER)


def test_each_request_of_a_kept_connection_is_told(serve: Serve, start_uplink: StartUplink) -> None:
    tap = start_uplink(serve(answer_every_request))
    with closing(connect(port(tap))) as client:
        for _ in range(100):
            client.sendall(REQUEST[:30])
            client.sendall(REQUEST[30:])
            assert receive(client, len(ANSWER)) == ANSWER
    (closed,) = tap.wait(kind="connection", type="note")
    assert requests(tap) == [
        told
        for number in range(1, 101)
        for told in (
            ("invoked", f"kinesis-1-{number}", None),
            ("ok", f"kinesis-1-{number}", None),
        )
    ]
    assert (closed["up"], closed["down"]) == (100 * len(REQUEST), 100 * len(ANSWER))
    assert closed["closed_by"] == "edge side"
    assert {line["witness"] for line in tap.seen} == {"uplink-tap"}


def test_a_link_that_refuses_resets_the_client_at_once(start_uplink: StartUplink) -> None:
    tap = start_uplink(closed_port())
    # The reset may be there before connecting is over.
    with pytest.raises(ConnectionResetError), closing(connect(port(tap))) as client:
        client.recv(1)
    (failed,) = tap.wait(kind="connection", type="failed")
    assert (failed["service"], failed["reason"]) == ("kinesis", "Connection refused")
    assert tap.lines(kind="request") == []


def test_a_link_cut_in_a_request_fails_it(serve: Serve, start_uplink: StartUplink) -> None:
    tap = start_uplink(serve(lambda connection: reset_after(connection, len(REQUEST))))
    with closing(connect(port(tap))) as client:
        client.sendall(REQUEST)
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    tap.wait(kind="request", type="failed")
    assert requests(tap)[1] == ("failed", "kinesis-1-1", "closed by cloud side")


def reset_after(connection: socket.socket, size: int) -> None:
    receive(connection, size)
    reset(connection)


def test_a_link_that_ends_quietly_in_a_request_ends_the_client_quietly(
    serve: Serve, start_uplink: StartUplink
) -> None:
    tap = start_uplink(serve(lambda connection: receive(connection, len(REQUEST)) and None))
    with closing(connect(port(tap))) as client:
        client.sendall(REQUEST)
        assert client.recv(1) == b""
    tap.wait(kind="request", type="failed")


def test_a_client_that_gives_up_on_a_silent_link_fails_the_request(
    serve: Serve, start_uplink: StartUplink
) -> None:
    over = threading.Event()
    tap = start_uplink(serve(lambda connection: over.wait(SEEN_S) and None))
    with closing(connect(port(tap))) as client:
        client.sendall(REQUEST)
        tap.wait(kind="request", type="invoked")
    tap.wait(kind="request", type="failed")
    assert requests(tap)[1] == ("failed", "kinesis-1-1", "closed by edge side")
    over.set()


def test_an_idle_connection_that_ends_fails_nothing(
    serve: Serve, start_uplink: StartUplink
) -> None:
    def once(connection: socket.socket) -> None:
        receive(connection, len(REQUEST))
        connection.sendall(ANSWER)

    tap = start_uplink(serve(once))
    with closing(connect(port(tap))) as client:
        client.sendall(REQUEST)
        assert receive(client, len(ANSWER) + 1) == ANSWER
    tap.wait(kind="connection", type="note")
    assert [told for told, _, _ in requests(tap)] == ["invoked", "ok"]


@pytest.mark.parametrize("at", [1, 9, 12, 20, 24, 25, 26])
def test_an_interim_answer_is_none(serve: Serve, start_uplink: StartUplink, at: int) -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\n"
    go_on = threading.Event()

    def cautious(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        receive(connection, len(REQUEST) - 4)
        answer = interim + ANSWER
        connection.sendall(interim[:at])
        connection.sendall(interim[at:])
        receive(connection, 4)
        go_on.wait(SEEN_S)
        connection.sendall(answer[len(interim) : len(interim) + at])
        connection.sendall(answer[len(interim) + at :])
        receive(connection, 1)

    tap = start_uplink(serve(cautious))
    with closing(connect(port(tap))) as client:
        client.sendall(REQUEST[:-4])
        assert receive(client, len(interim)) == interim
        client.sendall(REQUEST[-4:])
        assert [told for told, _, _ in requests(tap)] == ["invoked"]
        go_on.set()
        assert receive(client, len(ANSWER)) == ANSWER
        tap.wait(kind="request", type="ok")
    assert [told for told, _, _ in requests(tap)] == ["invoked", "ok"]


def test_the_rest_of_a_body_after_an_early_answer_is_no_request(
    serve: Serve, start_uplink: StartUplink
) -> None:
    def early(connection: socket.socket) -> None:
        receive(connection, 20)
        connection.sendall(ANSWER)
        receive(connection, len(REQUEST) - 20)
        connection.sendall(b"!")

    tap = start_uplink(serve(early))
    with closing(connect(port(tap))) as client:
        client.sendall(REQUEST[:20])
        assert receive(client, len(ANSWER)) == ANSWER
        client.sendall(REQUEST[20:])
        assert receive(client, 1) == b"!"
    tap.wait(kind="connection", type="note")
    assert [told for told, _, _ in requests(tap)] == ["invoked", "ok"]


def test_a_protocol_that_is_not_http_is_judged_by_direction_alone(
    serve: Serve, start_uplink: StartUplink
) -> None:
    def echo(connection: socket.socket) -> None:
        while data := connection.recv(1 << 16):
            connection.sendall(data)

    tap = start_uplink(serve(echo))
    with closing(connect(port(tap))) as client:
        for _ in range(3):
            client.sendall(b"\x16\x03\x01")
            assert receive(client, 3) == b"\x16\x03\x01"
    tap.wait(kind="connection", type="note")
    assert [told for told, _, _ in requests(tap)] == ["invoked", "ok"] * 3


def test_large_bodies_pass_both_ways_at_the_pace_of_the_slower_end(
    serve: Serve, start_uplink: StartUplink
) -> None:
    body = bytes(range(256)) * 4096 * 32

    def echo(connection: socket.socket) -> None:
        connection.sendall(receive(connection, len(body)))

    tap = start_uplink(serve(echo))
    with closing(connect(port(tap))) as client:
        client.sendall(body)
        assert receive(client, len(body) + 1) == body
    assert tap.wait(kind="connection", type="note")[0]["up"] == len(body)


def test_an_http_client_in_the_field_sees_nothing_of_the_tap(
    serve: Serve, start_uplink: StartUplink
) -> None:
    def http(connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            if not (data := connection.recv(1)):
                return
            head += data
        receive(connection, 4)
        connection.sendall(ANSWER)
        http(connection)

    tap = start_uplink(serve(http))
    with urllib3.PoolManager() as pool:
        for _ in range(20):
            answer = pool.request("POST", f"http://127.0.0.1:{port(tap)}/", body=b"body")
            assert answer.data == b"ok"
    assert len(tap.wait(20, kind="request", type="ok")) == 20
    assert len(tap.lines(kind="connection", type="ok")) == 1


def test_a_link_may_be_on_another_machine_and_the_edge_may_be_there_too(
    serve: Serve, start_tap: StartTap
) -> None:
    target = serve(answer_every_request)
    tap = start_tap(
        "edge",
        *("--host", "127.0.0.2", "--listen", "0", "--server", str(closed_port())),
        *("--uplink", f"kinesis=0:localhost:{target}"),
    )
    with closing(socket.create_connection(("127.0.0.2", port(tap)), SEEN_S)) as client:
        client.sendall(REQUEST)
        assert receive(client, len(ANSWER)) == ANSWER
    tap.wait(kind="connection", type="note")
    assert requests(tap) == [("invoked", "kinesis-1-1", None), ("ok", "kinesis-1-1", None)]
