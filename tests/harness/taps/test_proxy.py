"""The cloud tap between scripted clients and clouds: what passes is what was sent, whatever it is."""

import socket
import threading
from collections.abc import Callable
from contextlib import closing

import pytest

from .conftest import SEEN_S, Script, StartTap, Tap, closed_port, connect, receive, reset
from .scripted_http import (
    Message,
    ScriptedCloud,
    answer,
    chunk,
    message,
    receive_chunk,
    receive_head,
    receive_message,
)

Serve = Callable[[Script], int]
StartCloud = Callable[[int], Tap]

BIG = 64 << 20
"""More than all buffers on the way can hold."""

UPLOAD_HEAD = f"PUT /key HTTP/1.1\r\nHost: cloud\r\nContent-Length: {BIG}\r\n\r\n".encode()


@pytest.fixture
def start_cloud(start_tap: StartTap) -> StartCloud:
    """Starts the tap before a cloud on this port; it takes requests for S3 and Kinesis."""
    services = ("--service", "s3=0", "--service", "kinesis=0")
    return lambda port: start_tap("cloud", *services, "--target", f"http://127.0.0.1:{port}")


def open_client(tap: Tap, service: str = "s3") -> socket.socket:
    return connect(tap.ports["cloud"][service])


def exchange(tap: Tap, request: bytes, *, body: bool = True) -> Message:
    with closing(open_client(tap)) as client:
        client.sendall(request)
        return receive_message(client, body=body)


def test_a_request_arrives_as_it_was_sent(serve: Serve, start_cloud: StartCloud) -> None:
    cloud = ScriptedCloud(answer())
    tap = start_cloud(serve(cloud))
    line = "PUT /bucket/a%2Fb//../c%20d?x=%7E&y&empty= HTTP/1.1"
    headers = [("Host", "s3.example"), ("x-Amz-Meta-A", "1"), ("X-Amz-Meta-A", "2")]
    exchange(tap, message(line, b"body", *(f"{name}: {value}" for name, value in headers)))
    arrived = cloud.arrived()
    assert (arrived.line, arrived.body) == (line, b"body")
    names = [(name.lower(), value) for name, value in (*headers, ("Content-Length", "4"))]
    passed = [(name.lower(), value) for name, value in arrived.headers]
    passed.remove(("connection", "close"))  # of the tap's own connection
    assert sorted(passed) == sorted(names)


def test_what_is_about_one_connection_is_not_passed_on(
    serve: Serve, start_cloud: StartCloud
) -> None:
    cloud = ScriptedCloud(answer(b"", "Connection: close, X-Hop", "X-Hop: 1", "X-Kept: 1"))
    tap = start_cloud(serve(cloud))
    hops = ("Connection: keep-alive, X-Hop", "X-Hop: 1", "Keep-Alive: timeout=5", "X-Kept: 1")
    with closing(open_client(tap)) as client:
        for _ in range(2):  # the cloud closed its connection, not the client's
            client.sendall(message("PUT / HTTP/1.1", b"body", "Host: cloud", *hops))
            returned = receive_message(client)
            for passed in (cloud.arrived(), returned):
                assert (passed.header("X-Hop"), passed.header("X-Kept")) == (None, "1")
                assert passed.header("Keep-Alive") is None


def test_an_answer_comes_back_as_it_was_given(serve: Serve, start_cloud: StartCloud) -> None:
    given = ("Set-Cookie: a", "Set-Cookie: b", "Content-Encoding: gzip", "Date: then", "Server: it")
    cloud = ScriptedCloud(
        answer(b"not gzip", *given, "Content-Type: a/b", status="418 I'm a teapot")
    )
    returned = exchange(start_cloud(serve(cloud)), message("GET / HTTP/1.1", b"", "Host: cloud"))
    assert (returned.line, returned.body) == ("HTTP/1.1 418 I'm a teapot", b"not gzip")
    expected = [
        "Content-Length: 8",
        *given,
        "Content-Type: a/b",
    ]
    assert sorted(f"{name}: {value}" for name, value in returned.headers) == sorted(expected)


@pytest.mark.parametrize(
    ("method", "status", "length"), [("HEAD", "200 OK", "5"), ("GET", "304 Not Modified", "5")]
)
def test_an_answer_without_a_body_keeps_its_length(
    serve: Serve, start_cloud: StartCloud, method: str, status: str, length: str
) -> None:
    without_body = f"HTTP/1.1 {status}\r\nContent-Length: {length}\r\nETag: x\r\n\r\n".encode()
    tap = start_cloud(serve(ScriptedCloud(without_body)))
    with closing(open_client(tap)) as client:
        for _ in range(2):
            client.sendall(f"{method} /key HTTP/1.1\r\nHost: cloud\r\n\r\n".encode())
            returned = receive_message(client, body=False)
            assert (returned.header("ETag"), returned.line) == ("x", f"HTTP/1.1 {status}")
            if method == "HEAD":
                assert returned.header("Content-Length") == length


def test_a_redirect_is_the_clients_to_follow(serve: Serve, start_cloud: StartCloud) -> None:
    cloud = ScriptedCloud(answer(b"", "Location: /other", status="307 Temporary Redirect"))
    returned = exchange(start_cloud(serve(cloud)), message("GET / HTTP/1.1", b"", "Host: cloud"))
    assert (returned.line, returned.header("Location")) == (
        "HTTP/1.1 307 Temporary Redirect",
        "/other",
    )
    assert cloud.arrived() and cloud.requests.empty()


def test_requests_of_one_connection_follow_each_other(
    serve: Serve, start_cloud: StartCloud
) -> None:
    cloud = ScriptedCloud(lambda request: answer(request.body * 2))
    tap = start_cloud(serve(cloud))
    with closing(open_client(tap)) as client:
        for number in range(100):
            body = str(number).encode()
            client.sendall(message("POST / HTTP/1.1", body, "Host: cloud"))
            assert receive_message(client).body == body * 2
    calls = tap.wait(100, kind="call", type="ok")
    assert [call["id"] for call in calls] == [f"s3-{number}" for number in range(1, 101)]
    assert calls[0]["status"] == 200
    assert tap.lines(kind="call", type="invoked")[0]["operation"] == "POST /"


def test_a_chunked_request_is_passed_on(serve: Serve, start_cloud: StartCloud) -> None:
    cloud = ScriptedCloud(answer())
    tap = start_cloud(serve(cloud))
    head = b"PUT / HTTP/1.1\r\nHost: cloud\r\nTransfer-Encoding: chunked\r\n\r\n"
    for service in ("s3", "kinesis"):
        with closing(open_client(tap, service)) as client:
            client.sendall(head + chunk(b"one") + chunk(b"two") + chunk(b""))
            assert receive_message(client).line == "HTTP/1.1 200 OK"
        assert cloud.arrived().body == b"onetwo"


def test_a_client_that_asks_first_is_told_to_go_on(serve: Serve, start_cloud: StartCloud) -> None:
    cloud = ScriptedCloud(answer(b"stored"))
    tap = start_cloud(serve(cloud))
    for service in ("s3", "kinesis"):
        with closing(open_client(tap, service)) as client:
            request = message("PUT / HTTP/1.1", b"body", "Host: cloud", "Expect: 100-continue")
            client.sendall(request[:-4])
            assert receive_head(client) == ("HTTP/1.1 100 Continue", [])
            client.sendall(request[-4:])
            assert receive_message(client).body == b"stored"
        arrived = cloud.arrived()
        assert (arrived.body, arrived.header("Expect")) == (b"body", None)


def test_the_parts_of_an_answer_are_not_waited_for(serve: Serve, start_cloud: StartCloud) -> None:
    go_on = threading.Event()

    def slow(connection: socket.socket) -> None:
        receive_message(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(b"one"))
        go_on.wait(SEEN_S)
        connection.sendall(chunk(b"two") + chunk(b""))

    tap = start_cloud(serve(slow))
    with closing(open_client(tap)) as client:
        client.sendall(message("GET / HTTP/1.1", b"", "Host: cloud"))
        receive_head(client)
        assert receive_chunk(client) == b"one"
        go_on.set()
        assert (receive_chunk(client), receive_chunk(client)) == (b"two", b"")


def test_a_large_upload_flows_while_it_is_sent(serve: Serve, start_cloud: StartCloud) -> None:
    begun, total = threading.Event(), []

    def count(connection: socket.socket) -> None:
        receive_head(connection)
        receive(connection, 1)
        begun.set()
        total.append(1 + len(receive(connection, BIG - 1)))
        connection.sendall(answer())

    tap = start_cloud(serve(count))
    with closing(open_client(tap)) as client:
        client.sendall(UPLOAD_HEAD + b"x")
        assert begun.wait(SEEN_S), "the cloud has the first byte before the client sent the others"
        client.sendall(b"x" * (BIG - 1))
        assert receive_message(client).line == "HTTP/1.1 200 OK"
    assert total == [BIG]


def test_a_large_download_waits_for_its_client(serve: Serve, start_cloud: StartCloud) -> None:
    sent = threading.Event()

    def large(connection: socket.socket) -> None:
        receive_message(connection)
        connection.sendall(answer(b"x" * BIG))
        sent.set()

    tap = start_cloud(serve(large))
    with closing(open_client(tap)) as client:
        client.sendall(message("GET /key HTTP/1.1", b"", "Host: cloud"))
        receive_head(client)
        assert receive(client, 1) == b"x"
        assert not sent.is_set(), "nobody on the way takes in the whole of it"
        assert len(receive(client, BIG - 1)) == BIG - 1
    assert sent.wait(SEEN_S)


def test_an_upload_that_breaks_off_breaks_off_at_the_cloud(
    serve: Serve, start_cloud: StartCloud
) -> None:
    begun, over = threading.Event(), threading.Event()
    received: list[int] = []

    def count(connection: socket.socket) -> None:
        receive_head(connection)
        received.append(len(receive(connection, 1000)))
        begun.set()
        received.append(len(receive(connection, BIG)))
        over.set()

    tap = start_cloud(serve(count))
    with closing(open_client(tap)) as client:
        client.sendall(UPLOAD_HEAD + b"x" * 1000)
        assert begun.wait(SEEN_S)
    assert over.wait(SEEN_S)
    assert received == [1000, 0]
    (ended,) = tap.wait(kind="call", type="unknown")
    assert "ClientConnectionError" in ended["reason"]


@pytest.mark.parametrize(
    ("service", "wanted"),
    [
        ("s3", {"kind": "call", "type": "unknown"}),
        ("kinesis", {"kind": "incomplete", "type": "note"}),
    ],
)
def test_a_client_that_is_gone_at_once_is_not_waited_for(
    serve: Serve, start_cloud: StartCloud, service: str, wanted: dict[str, str]
) -> None:
    cloud = ScriptedCloud(answer())
    tap = start_cloud(serve(cloud))
    for _ in range(20):
        with closing(open_client(tap, service)) as client:
            client.sendall(UPLOAD_HEAD + b"x" * 1000)
    assert len(tap.wait(20, **wanted)) == 20
    assert cloud.requests.empty()


def test_a_download_that_breaks_off_breaks_off_at_the_client(
    serve: Serve, start_cloud: StartCloud
) -> None:
    def torn(connection: socket.socket) -> None:
        receive_message(connection)
        connection.sendall(answer(b"x" * 1000)[:-1])

    tap = start_cloud(serve(torn))
    with pytest.raises(EOFError):
        exchange(tap, message("GET /key HTTP/1.1", b"", "Host: cloud"))
    assert tap.wait(kind="call", type="note")[0]["answered"] is False


def test_a_cloud_that_resets_ends_the_clients_connection(
    serve: Serve, start_cloud: StartCloud
) -> None:
    def resetting(connection: socket.socket) -> None:
        receive_message(connection)
        reset(connection)

    tap = start_cloud(serve(resetting))
    with pytest.raises((EOFError, ConnectionResetError)):
        exchange(tap, message("GET /key HTTP/1.1", b"", "Host: cloud"))
    (ended,) = tap.wait(kind="call", type="unknown")
    assert ended["reason"].startswith("ClientOSError: ")


def test_a_cloud_that_is_not_there_ends_the_clients_connection(start_cloud: StartCloud) -> None:
    tap = start_cloud(closed_port())
    with pytest.raises((EOFError, ConnectionResetError)):
        exchange(tap, message("GET /key HTTP/1.1", b"", "Host: cloud"))
    (ended,) = tap.wait(kind="call", type="failed")
    assert ended["status"] is None
    assert ended["error"].startswith("the cloud cannot be reached: ")


def test_bytes_that_are_no_request_are_told_and_harm_nobody(
    serve: Serve, start_cloud: StartCloud
) -> None:
    tap = start_cloud(serve(ScriptedCloud(answer(b"ok"))))
    with closing(open_client(tap)) as client:
        client.sendall(b"\x16\x03\x01\r\n\r\n")
        assert receive_message(client).line.endswith(" 400 Bad Request")
    assert "Error handling request" in tap.wait(kind="trouble", type="note")[0]["reason"]
    assert exchange(tap, message("GET / HTTP/1.1", b"", "Host: cloud")).body == b"ok"


def test_a_tap_that_is_stopped_in_the_middle_says_so(serve: Serve, start_cloud: StartCloud) -> None:
    over = threading.Event()
    tap = start_cloud(serve(lambda connection: over.wait(SEEN_S) and None))
    with closing(open_client(tap)) as client:
        client.sendall(message("GET /key HTTP/1.1", b"", "Host: cloud"))
        tap.wait(kind="call", type="invoked")
        lines = tap.stop()
    over.set()
    assert [(line["kind"], line["type"]) for line in lines[-2:]] == [
        ("call", "unknown"),
        ("closed", "note"),
    ]
    assert lines[-2]["reason"] == "the tap was stopped"
