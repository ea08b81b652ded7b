"""HTTP by hand: requests and answers as bytes, so that tests decide each of them."""

import queue
import socket
from collections.abc import Callable
from dataclasses import dataclass, field

from .conftest import SEEN_S, receive

HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Message:
    """A request or an answer.

    Attributes:
        line: its first line.
        headers: names as they came, in their order.
        body: without the framing.
    """

    line: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of that name, in whatever case."""
        found = [value for each, value in self.headers if each.lower() == name.lower()]
        return found[0] if found else None


def receive_head(connection: socket.socket) -> tuple[str, list[tuple[str, str]]]:
    """First line and headers of the next message, and not a byte more.

    Raises:
        EOFError: there is none.
    """
    head = bytearray()
    while not head.endswith(HEAD_END):
        if not (byte := connection.recv(1)):
            raise EOFError
        head += byte
    line, *rest = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    headers = [(name, value.strip()) for name, _, value in (each.partition(":") for each in rest)]
    return line, headers


def receive_message(connection: socket.socket, *, body: bool = True) -> Message:
    """The next message.

    Args:
        body: False for an answer that has none whatever its headers say.

    Raises:
        EOFError: there is none, or not all of it.
    """
    line, headers = receive_head(connection)
    message = Message(line, headers, b"")
    if not body:
        return message
    if message.header("Transfer-Encoding") == "chunked":
        return Message(line, headers, _chunked(connection))
    size = int(message.header("Content-Length") or 0)
    content = receive(connection, size)
    if len(content) < size:
        raise EOFError
    return Message(line, headers, content)


def receive_chunk(connection: socket.socket) -> bytes:
    """The next chunk of a chunked body; empty for the last one."""
    size = bytearray()
    while not size.endswith(b"\r\n"):
        if not (byte := connection.recv(1)):
            raise EOFError
        size += byte
    return receive(connection, int(size, 16) + 2)[:-2]


def _chunked(connection: socket.socket) -> bytes:
    body = b""
    while chunk := receive_chunk(connection):
        body += chunk
    return body


def message(line: str, body: bytes = b"", *headers: str) -> bytes:
    """A message with a Content-Length."""
    head = "\r\n".join((line, f"Content-Length: {len(body)}", *headers))
    return head.encode("latin-1") + HEAD_END + body


def answer(body: bytes = b"", *headers: str, status: str = "200 OK") -> bytes:
    """An answer with a Content-Length."""
    return message(f"HTTP/1.1 {status}", body, *headers)


def chunk(data: bytes) -> bytes:
    """A chunk of a chunked body; the last one, of no data."""
    return b"%x\r\n%s\r\n" % (len(data), data)


@dataclass
class ScriptedCloud:
    """Answers every request with the same bytes, and keeps what arrived.

    Attributes:
        answer: the bytes, or what makes them of the request; empty: close instead.
        requests: that have arrived.
    """

    answer: bytes | Callable[[Message], bytes]
    requests: "queue.Queue[Message]" = field(default_factory=queue.Queue)

    def __call__(self, connection: socket.socket) -> None:
        """Serve one connection."""
        while True:
            request = receive_message(connection)
            self.requests.put(request)
            made = self.answer(request) if callable(self.answer) else self.answer
            if not made:
                return
            connection.sendall(made)

    def arrived(self) -> Message:
        """The next request that has arrived."""
        return self.requests.get(timeout=SEEN_S)
