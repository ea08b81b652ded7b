"""A TCP relay that does not change what its two ends see of each other.

Bytes are passed on in the order and as far as the watcher lets them, an end of stream as an end of stream, a reset as a
reset. What differs from a wire: a client that nobody listens for is accepted and reset at once, where the kernel would
have refused it.
"""

import asyncio
import os
import socket
import struct
from contextlib import suppress
from typing import Protocol

LOOPBACK = "127.0.0.1"
BACKLOG = 1024
UNSENT_BYTES_MAX = 1 << 20
"""Waiting to be written at one end before the other one is no longer read."""

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Watcher(Protocol):
    """Sees one connection."""

    def connected(self) -> None:
        """The server accepted."""

    def refused(self, reason: str) -> None:
        """The server could not be reached; the client is turned away."""

    def client_sent(self, data: bytes) -> bytes:
        """Bytes arrived from the client; returns what is to be passed on now."""

    def server_sent(self, data: bytes) -> bytes:
        """Bytes arrived from the server; returns what is to be passed on now."""

    def client_ended(self) -> bytes:
        """The client sends no more; returns what was held back."""

    def server_ended(self) -> bytes:
        """The server sends no more; returns what was held back."""

    def client_waits_for_acknowledgement(self) -> bool:
        """Whether the client may be holding back bytes until the last ones are acknowledged."""

    def closed(self, by: str, up: int, down: int) -> None:
        """The first end closed (`client`, `server` or `tap`), so many bytes having arrived from client and server."""


class NewWatcher(Protocol):
    """Makes the watcher of a connection, given its number."""

    def __call__(self, number: int, /) -> Watcher:
        """The watcher of connection `number`."""


class Relay:
    """Accepts clients and connects each of them to the server.

    Args:
        target: host and port of the server.
        watch: makes the watcher of each connection.
        host: address that it listens on.
    """

    def __init__(self, target: tuple[str, int], watch: NewWatcher, host: str = LOOPBACK) -> None:
        self._target = target
        self._watch = watch
        self._host = host
        self._count = 0
        self._connections: set[_Connection] = set()
        self._server: asyncio.Server | None = None

    async def listen(self, port: int) -> int:
        """Listen for clients.

        Args:
            port: 0 for any free one.

        Returns:
            The port.

        Raises:
            OSError: the port is taken.
        """
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, self._host, port, backlog=BACKLOG)
        actual: int = self._server.sockets[0].getsockname()[1]
        return actual

    def stop(self) -> None:
        """Accept nobody any more and end the connections there are."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.stop()

    def _accept(self) -> "_End":
        self._count += 1
        connection = _Connection(self._target, self._watch(self._count), self._connections)
        return connection.client


class _Connection:
    """A client's connection, the server's connection that belongs to it, and its watcher."""

    def __init__(
        self, target: tuple[str, int], watcher: Watcher, register: set["_Connection"]
    ) -> None:
        self.watcher = watcher
        self.client = _End(self, "client")
        self.server = _End(self, "server")
        self.client.other, self.server.other = self.server, self.client
        self._target = target
        self._register = register
        self._opening: asyncio.Task[None] | None = None
        self._over = False

    def accepted(self) -> None:
        """The client is there: it is not read before the server is, too."""
        self._register.add(self)
        self._opening = asyncio.get_running_loop().create_task(self._open())

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: self.server, *self._target)
        except OSError as error:
            self._over = True
            self.watcher.refused(os.strerror(error.errno) if error.errno else str(error))
            self.client.reset()
            return
        if self._over:
            self.server.reset()
            return
        self.watcher.connected()
        self.client.resume()

    def received(self, end: "_End", data: bytes) -> None:
        """Pass on what the watcher lets through."""
        if end is self.client:
            passed = self.watcher.client_sent(data)
            if self.watcher.client_waits_for_acknowledgement():
                end.acknowledge_now()
        else:
            passed = self.watcher.server_sent(data)
        end.other.write(passed)

    def ended(self, end: "_End") -> None:
        """One direction is over: the other end learns it the way this one told it."""
        watcher = self.watcher
        rest = watcher.client_ended() if end is self.client else watcher.server_ended()
        end.other.write(rest)
        self._close(end.side)
        if end.other.ended:
            self.client.close()
            self.server.close()
        else:
            end.other.write_end()

    def lost(self, end: "_End", error: Exception | None) -> None:
        """A connection is gone: broken, or closed by us."""
        self._close(end.side)
        if error is not None:
            end.other.reset()
        if self.client.gone and self.server.gone:
            self._register.discard(self)

    def stop(self) -> None:
        """End both connections at once."""
        self._close("tap")
        if self._opening is not None:
            self._opening.cancel()
        self.client.reset()
        self.server.reset()

    def _close(self, by: str) -> None:
        if not self._over:
            self._over = True
            self.watcher.closed(by, self.client.received_bytes, self.server.received_bytes)


class _End(asyncio.Protocol):
    """One of the two TCP connections. asyncio has set TCP_NODELAY on it."""

    other: "_End"

    def __init__(self, connection: _Connection, side: str) -> None:
        self.side = side
        self.ended = False
        self.gone = side == "server"
        self.received_bytes = 0
        self._connection = connection
        self._transport: asyncio.Transport | None = None

    # -- what asyncio tells --------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.gone = False
        transport.set_write_buffer_limits(high=UNSENT_BYTES_MAX)
        if self.side == "client":
            # Not at once: Python 3.11.2 (Debian's) begins to read after this call, paused or not.
            asyncio.get_running_loop().call_soon(transport.pause_reading)
            self._connection.accepted()

    def data_received(self, data: bytes) -> None:
        self.received_bytes += len(data)
        self._connection.received(self, data)

    def eof_received(self) -> bool:
        self.ended = True
        self._connection.ended(self)
        return True  # the other direction stays open

    def connection_lost(self, error: Exception | None) -> None:
        self.gone = True
        self._connection.lost(self, error)

    def pause_writing(self) -> None:
        if self.other._transport is not None and not self.other.ended:
            self.other._transport.pause_reading()

    def resume_writing(self) -> None:
        self.other.resume()

    # -- what the connection asks for ----------------------------------------------------------

    def resume(self) -> None:
        """Read on."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def write(self, data: bytes) -> None:
        """Send, in one call: a client breaks on a header that arrives in parts."""
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def write_end(self) -> None:
        """Send the end of the stream, behind what is still unsent."""
        if self._transport is not None and not self._transport.is_closing():
            with suppress(OSError):  # it may be gone already
                self._transport.write_eof()

    def close(self) -> None:
        """Close behind what is still unsent."""
        if self._transport is not None:
            self._transport.close()

    def reset(self) -> None:
        """Close at once, so that the peer sees a reset."""
        if self._transport is None or self.gone:
            return
        with suppress(OSError):
            self._socket().setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._transport.abort()

    def acknowledge_now(self) -> None:
        """Acknowledge without the usual 40 ms: Nagle's rule lets the peer keep the rest of its frame till then."""
        with suppress(OSError):
            self._socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def _socket(self) -> socket.socket:
        assert self._transport is not None
        own: socket.socket = self._transport.get_extra_info("socket")
        return own
