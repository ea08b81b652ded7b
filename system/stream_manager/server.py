"""The shell around the engine: sockets, timers and threads. It moves bytes and decides nothing.

All requests that the event loop found in one turn are handled before the round ends with the engine's effects. Where
it ends with a wait for the disk, those of the next turns are taken too: they share the wait.
"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from system.clock import Clock
from system.stream_manager.connection import REQUEST_BYTES_MAX, Connection
from system.stream_manager.engine import Effect, Engine, PutBatch, Respond, WakeAt
from system.stream_manager.export.batch import Batch, SinkResult
from system.stream_manager.operator import Log
from system.stream_manager.session import Session
from system.stream_manager.workers import Sender, Workers
from system.wire.messages import ReadMessages, Request, Response

SEND_BYTES = 1400
"""Answers are joined up to this size, less than what one segment of the network carries: a client that trusts one
`read(4)` for a length breaks when an answer begins at the end of a segment and goes on in the next."""
WAITING_BYTES_MAX = 1024 * 1024
"""A client with more than this of answers that it has not read is not listened to until it has read them."""
LINGER_S = 2.0
"""How long the rest of a refused request is taken and thrown away: closing at once would take the refusal with it."""
GRACE_S = 2.0
"""How long a batch under way is waited for when the server is told to stop."""
BACKLOG = 1024


class Client(asyncio.Protocol):
    """One client's socket."""

    def __init__(self, server: "Server", connection: Connection) -> None:
        self._server = server
        self._connection = connection
        self.answer = connection.answer
        """Takes an answer; it leaves with `flush`."""
        self._transport: asyncio.Transport | None = None
        self._socket: socket.socket | None = None
        self._paused = False
        self._ending = False

    # -- called by the event loop ----------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin. asyncio has set TCP_NODELAY."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=WAITING_BYTES_MAX)
        self._socket = transport.get_extra_info("socket")
        self._server.clients.add(self)

    def data_received(self, data: bytes) -> None:
        """Take what came and what can be answered of it."""
        self._connection.receive(data)
        self.take()
        if self._connection.inside_a_frame and self._socket is not None:
            # Some clients write header and payload apart and wait for an acknowledgement in between,
            # which the kernel would hold back for 40 ms.
            with suppress(OSError):
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def pause_writing(self) -> None:
        """The client does not read its answers: take nothing more from it."""
        self._paused = True
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """It has read them."""
        self._paused = False
        if self._transport is not None:
            self._transport.resume_reading()
        self.take()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._server.lost(self, self._connection.session)

    # -- called by the server --------------------------------------------------------------------

    def take(self) -> None:
        """Hand requests to the engine; after a read the next ones wait a round, since its answer may be large."""
        while not self._paused:
            request = self._connection.next_request()
            if request is None:
                break
            assert self._connection.session is not None, (
                "a connection without session has no requests"
            )
            self._server.handle(self, self._connection.session, request)
            if type(request) is ReadMessages:
                self._server.take_later(self)
                break
        self._server.flush_later(self)

    def flush(self) -> None:
        """Send what is to be sent, whole answers at a time."""
        if self._transport is None or self._ending:
            return
        for data in _joined(self._connection.take_output()):
            self._transport.write(data)
        if self._connection.closing:
            self._end()

    def _end(self) -> None:
        self._ending = True
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        with suppress(OSError):
            transport.write_eof()
        asyncio.get_running_loop().call_later(LINGER_S, transport.close)

    def close(self) -> None:
        """Send what is left and close."""
        if self._transport is not None:
            self._transport.close()


def _joined(outputs: list[bytes]) -> list[bytes]:
    if len(outputs) < 2:
        return outputs
    joined: list[bytes] = []
    part: list[bytes] = []
    size = 0
    for output in outputs:
        if part and size + len(output) > SEND_BYTES:
            joined.append(b"".join(part))
            part, size = [], 0
        part.append(output)
        size += len(output)
    joined.append(b"".join(part))
    return joined


class Server:
    """Serves an engine on a port.

    Args:
        engine: decides everything.
        clock: the engine's.
        sender: delivers batches, in threads.
        threads: how many; at least the size of the exporters' pool.
        log: what an operator should see.
        authenticate: whether a client with this token may connect.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        clock: Clock,
        sender: Sender,
        threads: int,
        log: Log,
        authenticate: Callable[[str], bool] = lambda token: True,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._sender = sender
        self._threads = threads
        self._log = log
        self._authenticate = authenticate
        self._connections = 0
        self._by_session: dict[Session, Client] = {}
        self._to_flush: set[Client] = set()
        self._to_take: set[Client] = set()
        self._round_is_due = False
        self._taken = 0
        self._stopped = False
        self._timer: asyncio.TimerHandle | None = None
        self._all_settled = asyncio.Event()
        self.clients: set[Client] = set()

    async def start(self, host: str, port: int) -> int:
        """Begin to listen and to export.

        Returns:
            The port, which is a free one if `port` is 0.

        Raises:
            OSError: the port cannot be had.
        """
        self._loop = asyncio.get_running_loop()
        self._workers = Workers(self._sender, self._threads, self._settled_in_a_thread)
        self._listener = await self._loop.create_server(self._accept, host, port, backlog=BACKLOG)
        self._round_soon()
        return int(self._listener.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Take nothing more, give what is under way a moment, store the cursors, close."""
        self._listener.close()
        self._engine.end_waiting()
        self._round()
        if self._engine.batches_under_way:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._all_settled.wait(), GRACE_S)
        if self._timer is not None:
            self._timer.cancel()
        self._stopped = True
        for client in list(self.clients):
            client.close()
        self._engine.close()
        self._sender.close()

    def _accept(self) -> Client:
        self._connections += 1
        connection = Connection(
            self._connections,
            authenticate=self._authenticate,
            request_bytes_max=REQUEST_BYTES_MAX,
        )
        return Client(self, connection)

    # -- called by clients and workers -----------------------------------------------------------

    def handle(self, client: Client, session: Session, request: Request) -> None:
        """Take one request."""
        self._by_session[session] = client
        self._taken += 1
        self._engine.handle(session, request)

    def flush_later(self, client: Client) -> None:
        """Send what a client is to be sent at the end of the round."""
        self._to_flush.add(client)
        self._round_soon()

    def take_later(self, client: Client) -> None:
        """Go on with a client's requests after the round."""
        self._to_take.add(client)

    def lost(self, client: Client, session: Session | None) -> None:
        """A client is gone."""
        self.clients.discard(client)
        self._to_flush.discard(client)
        self._to_take.discard(client)
        if session is not None:
            self._by_session.pop(session, None)
            self._engine.forget(session)

    def _settled_in_a_thread(self, batch: Batch, result: SinkResult) -> None:
        # The loop is closed when the answer comes after the end; the message is then owed as before.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._settled, batch, result)

    def _settled(self, batch: Batch, result: SinkResult) -> None:
        self._engine.settle(batch, result)
        if not self._engine.batches_under_way:
            self._all_settled.set()
        self._round_soon()

    # -- rounds ----------------------------------------------------------------------------------

    def _round_soon(self) -> None:
        if not self._round_is_due:
            self._round_is_due = True
            self._loop.call_soon(self._gather, 0)

    def _gather(self, taken: int) -> None:
        """Begin the round; one that waits for the disk takes first what comes meanwhile: all of it shares the wait.

        It goes on while every turn brings more, and not beyond one request for each client: a client that sends on
        and on holds up nobody.
        """
        if self._engine.waits_for_the_disk and taken < self._taken < len(self.clients):
            self._loop.call_soon(self._gather, self._taken)
        else:
            self._round()

    def _round(self) -> None:
        self._round_is_due = False
        self._taken = 0
        if self._stopped:
            return
        self._engine.tick()
        for effect in self._engine.effects():
            if type(effect) is Respond:
                self._answer(*effect)
            else:
                self._perform(effect)
        to_flush, self._to_flush = self._to_flush, set()
        for client in to_flush:
            client.flush()
        to_take, self._to_take = self._to_take, set()
        for client in to_take:
            client.take()

    def _answer(self, session: Session, response: Response) -> None:
        client = self._by_session.get(session)
        if client is not None:
            client.answer(response)
            self._to_flush.add(client)

    def _perform(self, effect: Effect) -> None:
        match effect:
            case PutBatch(batch):
                self._all_settled.clear()
                self._workers.put(batch)
            case WakeAt(at_ms):
                self._wake_at(at_ms)

    def _wake_at(self, at_ms: int | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if at_ms is not None:
            # One more, since a timer that rings within the millisecond before would find nothing due.
            delay_ms = max(0, at_ms - self._clock.monotonic_ms()) + 1
            self._timer = self._loop.call_later(delay_ms / 1000, self._round_soon)
