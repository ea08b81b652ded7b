"""The broker's end of the bridge."""

import asyncio
from collections import deque

from system.greengrass.mqtt.passing import Accepted, Passing, encode, receive
from system.greengrass.mqtt.settings import LOOPBACK

BUFFER_BYTES_MAX = 1024 * 1024
UNACCEPTED_MAX = 1000


class CoreGone(Exception):
    """Nobody is at the other end any more."""


class Link:
    """The connection to the core."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._unaccepted: deque[asyncio.Future[None] | None] = deque()

    @classmethod
    async def open(cls, port: int, token: str) -> "Link":
        """Connect to the core, which learns by it that the broker listens.

        Raises:
            OSError: it is not there.
        """
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        writer.write(f"{token}\n".encode())
        return cls(reader, writer)

    def has_room(self) -> bool:
        """Whether the core keeps up; while it does not, devices are not read from."""
        return (
            len(self._unaccepted) < UNACCEPTED_MAX
            and self._writer.transport.get_write_buffer_size() < BUFFER_BYTES_MAX
        )

    def send(self, passing: Passing, accepted: asyncio.Future[None] | None = None) -> None:
        """Hand a device's message to the core.

        Args:
            accepted: is set when the core has taken it.
        """
        self._unaccepted.append(accepted)
        self._writer.write(encode(passing))

    async def receive(self) -> Passing:
        """The next message for a device.

        Raises:
            CoreGone: there will be none.
        """
        while True:
            match await receive(self._reader):
                case Passing() as passing:
                    return passing
                case Accepted(count):
                    self._settle(count)
                case None:
                    raise CoreGone

    def _settle(self, count: int) -> None:
        for _ in range(min(count, len(self._unaccepted))):
            accepted = self._unaccepted.popleft()
            # Whoever waited for it may be gone.
            if accepted is not None and not accepted.done():
                accepted.set_result(None)

    def close(self) -> None:
        """End it."""
        self._writer.close()
