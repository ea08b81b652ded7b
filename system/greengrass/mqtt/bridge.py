"""The core's end of the bridge: waits for the broker on the loopback, and passes messages both ways."""

import asyncio
import hmac
import logging
import secrets
from collections.abc import Awaitable, Callable

from system.greengrass.mqtt.passing import Accepted, BridgeBroken, Passing, encode, receive
from system.greengrass.mqtt.settings import LOOPBACK

log = logging.getLogger(__name__)

BUFFER_BYTES_MAX = 4 * 1024 * 1024
HELLO_S = 5.0

OnMessage = Callable[[Passing], Awaitable[None]]
"""Takes a device's message. When it is done the device is told so, and the next one is read."""


class Bridge:
    """Where the broker connects to.

    Args:
        on_message: takes what devices publish.

    Attributes:
        port: where it waits, once it is open.
        token: by which the broker is known.
        connected: set while the broker is there, hence listens.
    """

    def __init__(self, on_message: OnMessage) -> None:
        self.port = 0
        self.token = secrets.token_urlsafe(32)
        self.connected = asyncio.Event()
        self._on_message = on_message
        self._server: asyncio.Server | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def open(self) -> None:
        """Wait for the broker, on any free port."""
        self._server = await asyncio.start_server(self._serve, LOOPBACK, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Pass nothing any more."""
        if self._server is not None:
            self._server.close()
        if self._writer is not None:
            self._writer.close()

    def has_room(self) -> bool:
        """Whether a message for a device would be taken."""
        writer = self._writer
        return writer is not None and writer.transport.get_write_buffer_size() < BUFFER_BYTES_MAX

    def send(self, passing: Passing) -> bool:
        """Hand a message for a device to the broker; false when there is none, or it does not keep up."""
        if not self.has_room() or self._writer is None:
            return False
        self._writer.write(encode(passing))
        return True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(HELLO_S):
                told = (await reader.readline()).strip()
            if hmac.compare_digest(told, self.token.encode()):
                await self._pass_on(reader, writer)
        except (TimeoutError, ValueError, ConnectionError, BridgeBroken) as error:
            log.warning("The bridge to the broker broke: %s", error)
        finally:
            writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._writer is not None:
            # A broker that was killed: what it has sent last may still wait to be taken.
            self._writer.close()
        self._writer = writer
        self.connected.set()
        try:
            while isinstance(passing := await receive(reader), Passing):
                await self._on_message(passing)
                writer.write(encode(Accepted(1)))
        finally:
            if self._writer is writer:
                self._writer = None
                self.connected.clear()
