"""Lets devices in: TLS, the first packet, one connection per client id; and gives up those that are silent.

The library takes connections that are established already, and would wait for ever for a handshake, a first packet or
a keep-alive.
"""

import asyncio
import logging
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress

from amqtt.adapters import StreamReaderAdapter
from amqtt.broker import Broker
from amqtt.errors import AMQTTError, MQTTError, NoDataError
from amqtt.mqtt.connack import IDENTIFIER_REJECTED, ConnackPacket
from amqtt.mqtt.connect import ConnectPacket

from system.greengrass.mqtt.connection import Connection, DeviceReader, DeviceWriter, close_once
from system.greengrass.mqtt.hub import Connections, empty_outbox
from system.greengrass.mqtt.settings import Device
from system.greengrass.mqtt.tls import fingerprint

log = logging.getLogger(__name__)

LISTENER = "default"
"""The library's name of the listener that is not its own."""

HANDSHAKE_S = 10.0
FIRST_PACKET_S = 10.0
GOODBYE_S = 2.0
CONNECTIONS_MAX = 1000
STRANGERS_MAX = 200
"""So many may be at the handshake or before their first packet; then the oldest of them is given up for the newest."""

CLIENT_ID_LETTERS_MAX = 128
BUFFER_BYTES = 64 * 1024
SWEEP_S = 0.5
NO_ROOM_S = 0.5
REFUSAL_LOGGED_EVERY_S = 1.0


class Gate:
    """Listens for devices.

    Args:
        listening: a socket that listens.
        context: TLS of the broker.
        devices: by the fingerprint of their certificates.
        broker: the library's, which speaks to those that are let in.
        connections: of this moment.
    """

    def __init__(
        self,
        listening: socket.socket,
        *,
        context: ssl.SSLContext,
        devices: Mapping[str, Device],
        broker: Broker,
        connections: Connections,
    ) -> None:
        self._listening = listening
        self._context = context
        self._devices = devices
        self._broker = broker
        self._connections = connections
        self._tasks: set[asyncio.Task[None]] = set()
        self._strangers: dict[asyncio.Task[None], None] = {}
        self._refused = 0
        self._told_s = 0.0

    async def run(self) -> None:
        """Let devices in until cancelled."""
        loop = asyncio.get_running_loop()
        self._listening.setblocking(False)
        while True:
            try:
                accepted, address = await loop.sock_accept(self._listening)
            except OSError as error:
                log.warning("No connection can be taken now: %s", error.strerror)
                await asyncio.sleep(NO_ROOM_S)
                continue
            if len(self._tasks) >= CONNECTIONS_MAX:
                self._refuse(address, f"there are {CONNECTIONS_MAX} connections already")
                accepted.close()
                continue
            task = asyncio.create_task(self._serve(accepted, address), name=f"device {address}")
            self._tasks.add(task)
            task.add_done_callback(self._ended)
            self._strangers[task] = None
            if len(self._strangers) > STRANGERS_MAX:
                next(iter(self._strangers)).cancel()

    async def sweep(self) -> None:
        """Give up those that are silent or stuck, until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_S)
            for connection in self._connections:
                if why := connection.lifeless(time.monotonic()):
                    log.info("%s is disconnected: %s", connection.client_id, why)
                    connection.abort()

    async def close(self) -> None:
        """End all connections."""
        for connection in self._connections:
            connection.abort()
        if self._tasks:
            _done, left = await asyncio.wait(self._tasks, timeout=GOODBYE_S)
            for task in left:
                task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._strangers.pop(task, None)

    async def _serve(self, accepted: socket.socket, address: tuple[str, int]) -> None:
        """One connection from its first byte to its last."""
        writer: asyncio.StreamWriter | None = None
        try:
            reader, writer = await self._handshake(accepted)
            await self._first_packet(reader, writer)
        except (AMQTTError, MQTTError, NoDataError, OSError, EOFError) as error:
            self._refuse(address, str(error) or type(error).__name__)
        except Exception:
            # One device must not end the broker for all, whatever it sends.
            log.exception("The connection from %s failed", address)
        finally:
            accepted.close() if writer is None else close_once(writer)

    async def _handshake(
        self, accepted: socket.socket
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        loop = asyncio.get_running_loop()
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = asyncio.StreamReader(limit=BUFFER_BYTES)
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await loop.connect_accepted_socket(
            lambda: protocol,
            accepted,
            ssl=self._context,
            ssl_handshake_timeout=HANDSHAKE_S,
            ssl_shutdown_timeout=GOODBYE_S,
        )
        return reader, asyncio.StreamWriter(transport, protocol, reader, loop)

    async def _first_packet(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Take a CONNECT packet and hand the connection to the library."""
        tls = writer.get_extra_info("ssl_object")
        device = self._devices[fingerprint(tls.getpeercert(binary_form=True))]
        async with asyncio.timeout(FIRST_PACKET_S):
            connect = await ConnectPacket.from_stream(StreamReaderAdapter(reader))
        self._strangers.pop(_this_task(), None)
        if len(connect.client_id) > CLIENT_ID_LETTERS_MAX:
            writer.write(ConnackPacket.build(0, IDENTIFIER_REJECTED).to_bytes())
            raise MQTTError(f"its client id has more than {CLIENT_ID_LETTERS_MAX} letters")
        connection = Connection(
            device=device,
            # No device can take over another one's session.
            client_id=f"{device.name}/{connect.client_id}",
            keep_alive_s=connect.keep_alive,
            reader=reader,
            writer=writer,
        )
        await self._connections.enter(connection)
        try:
            await self._attend(connection, _adapted(connect, connection.client_id))
        finally:
            connection.abort()
            self._connections.leave(connection)

    async def _attend(self, connection: Connection, first: bytes) -> None:
        """Serve a device until it leaves."""
        sending = asyncio.create_task(empty_outbox(connection, self._broker))
        try:
            await self._broker.external_connected(
                DeviceReader(connection, first, self._connections.link.has_room),
                DeviceWriter(connection),
                LISTENER,
            )
        finally:
            sending.cancel()
            with suppress(asyncio.CancelledError):
                await sending

    def _refuse(self, address: tuple[str, int], why: str) -> None:
        # Whoever is refused comes again, many times a second if he likes.
        self._refused += 1
        if time.monotonic() - self._told_s > REFUSAL_LOGGED_EVERY_S:
            self._told_s = time.monotonic()
            log.info(
                "A connection from %s is refused: %s (number %d)", address[0], why, self._refused
            )


def _this_task() -> asyncio.Task[None]:
    task: asyncio.Task[None] | None = asyncio.current_task()
    assert task is not None, "each connection has one"
    return task


def _adapted(connect: ConnectPacket, client_id: str) -> bytes:
    """The first packet as the library gets it.

    Sessions end with their connections and there is no last will, as the core's documentation says; the keep-alive is
    ours to watch.
    """
    connect.client_id = client_id
    connect.clean_session_flag = True
    connect.will_flag = False
    connect.variable_header.will_qos = 0
    connect.will_retain_flag = False
    connect.keep_alive = 0
    encoded: bytes = connect.to_bytes()
    return encoded
