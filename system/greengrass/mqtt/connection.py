"""One device's connection, with what the broker's library leaves to others: limits, keep-alive, one way to end."""

import asyncio
import logging
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from amqtt.adapters import ReaderAdapter, WriterAdapter
from amqtt.session import Session

from system.greengrass.mqtt.passing import PAYLOAD_BYTES_MAX
from system.greengrass.mqtt.settings import Device

log = logging.getLogger(__name__)

KEEP_ALIVE_GRACE = 1.5
"""By how much a device may exceed its keep-alive, as MQTT has it."""

STUCK_S = 20.0
"""A device that takes nothing for so long is disconnected."""

OUTBOX_MESSAGES_MAX = 1000
UNACCEPTED_MAX = 100
OVERLOAD_LOOK_S = 0.005
DISCARDS_LOGGED_EVERY = 1000


@dataclass(slots=True, kw_only=True, eq=False)
class Connection:
    """A device under one client id.

    Attributes:
        device: whose certificate it showed.
        client_id: as the library knows it: unique among all devices.
        keep_alive_s: 0: none was agreed.
        session: the library's, once the device is let in.
        outbox: topic and payload of what waits to be sent to it, each with its quality of service.
        unaccepted: how many of its messages wait for the core.
        held: whether it is not read from, because the core does not keep up.
        closed: set when nothing of it is left.
    """

    device: Device
    client_id: str
    keep_alive_s: float
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    session: Session | None = None
    outbox: asyncio.Queue[tuple[str, bytes, int]] = field(
        default_factory=lambda: asyncio.Queue(OUTBOX_MESSAGES_MAX)
    )
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    unaccepted: int = 0
    held: bool = False
    heard_s: float = field(default_factory=time.monotonic)
    taken_s: float = field(default_factory=time.monotonic)
    discarded: int = 0

    def put(self, topic: str, payload: bytes, qos: int) -> None:
        """Have a message sent; one that finds no room is discarded."""
        try:
            self.outbox.put_nowait((topic, payload, qos))
        except asyncio.QueueFull:
            if self.discarded % DISCARDS_LOGGED_EVERY == 0:
                log.warning(
                    "%s does not keep up: a message for it was discarded (%d before it)",
                    self.client_id,
                    self.discarded,
                )
            self.discarded += 1

    def lifeless(self, now_s: float) -> str:
        """Why it should be given up, if it should.

        Args:
            now_s: monotonic.
        """
        if self.writer.is_closing():
            return ""
        if not self.writer.transport.get_write_buffer_size():
            self.taken_s = now_s
        if now_s - self.taken_s > STUCK_S:
            return f"it took nothing for {STUCK_S:g} s"
        silent_s = self.keep_alive_s * KEEP_ALIVE_GRACE
        if silent_s and not self.held and now_s - self.heard_s > silent_s:
            return f"nothing was heard of it for {silent_s:g} s"
        return ""

    def abort(self) -> None:
        """End it at once; whoever reads from it or writes to it learns that."""
        self.writer.transport.abort()


class DeviceReader(ReaderAdapter):  # type: ignore[misc]
    """What the library reads from: the first packet, which we have read already, then what the device sends.

    Args:
        connection: that is read from.
        first: bytes of the first packet.
        core_keeps_up: whether the core takes more messages now.
    """

    def __init__(
        self, connection: Connection, first: bytes, core_keeps_up: Callable[[], bool]
    ) -> None:
        self._connection = connection
        self._first = first
        self._core_keeps_up = core_keeps_up

    async def read(self, n: int = -1) -> bytes:
        """Exactly `n` bytes.

        Raises:
            ConnectionResetError: it asks for more than any message has; the device is not listened to any more.
        """
        if self._first:
            given, self._first = self._first[:n], self._first[n:]
            return given
        if not 0 <= n <= PAYLOAD_BYTES_MAX:
            log.warning(
                "%s announces %d bytes and is disconnected; a message has at most %d",
                self._connection.client_id,
                n,
                PAYLOAD_BYTES_MAX,
            )
            self._connection.abort()
            raise ConnectionResetError
        # What was read before begins to be handled before there can be an end, which the library lets overtake it.
        await asyncio.sleep(0)
        await self._until_the_core_keeps_up()
        data = await self._connection.reader.readexactly(n)
        self._connection.heard_s = time.monotonic()
        return data

    async def _until_the_core_keeps_up(self) -> None:
        """The library would read on and on, and keep in memory what it cannot pass on."""
        connection = self._connection
        while connection.unaccepted > UNACCEPTED_MAX or not self._core_keeps_up():
            connection.held = True
            await asyncio.sleep(OVERLOAD_LOOK_S)
        if connection.held:
            connection.held, connection.heard_s = False, time.monotonic()

    def feed_eof(self) -> None:
        """Nothing more will come."""
        self._connection.reader.feed_eof()


class DeviceWriter(WriterAdapter):  # type: ignore[misc]
    """What the library writes to."""

    def __init__(self, connection: Connection) -> None:
        self._writer = connection.writer

    def write(self, data: bytes) -> None:
        """Send."""
        if not self._writer.is_closing():
            self._writer.write(data)

    async def drain(self) -> None:
        """Wait until most of it is on its way."""
        if not self._writer.is_closing():
            await self._writer.drain()

    def get_peer_info(self) -> tuple[str, int] | None:
        """Address and port."""
        found = self._writer.get_extra_info("peername")
        return (str(found[0]), int(found[1])) if found else None

    def get_ssl_info(self) -> ssl.SSLObject | None:
        """TLS of the connection."""
        return cast("ssl.SSLObject | None", self._writer.get_extra_info("ssl_object"))

    async def close(self) -> None:
        """End it when what was written is sent; a device that does not take it is given up by others."""
        close_once(self._writer)


def close_once(writer: asyncio.StreamWriter) -> None:
    """End a connection when what was written is sent, unless it ends already."""
    # A TLS transport of Python 3.11.2, which Debian 12 has, cannot be aborted any more when it was closed twice.
    if not writer.is_closing():
        writer.close()
