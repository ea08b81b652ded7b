"""The broker's end of the bridge."""

import asyncio

from system.greengrass.mqtt.passing import Passing, encode, receive
from system.greengrass.mqtt.settings import LOOPBACK

BUFFER_BYTES_MAX = 1024 * 1024


class CoreGone(Exception):
    """Nobody is at the other end any more."""


class Link:
    """The connection to the core."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

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
        return self._writer.transport.get_write_buffer_size() < BUFFER_BYTES_MAX

    def send(self, passing: Passing) -> None:
        """Hand a device's message to the core."""
        self._writer.write(encode(passing))

    async def receive(self) -> Passing:
        """The next message for a device.

        Raises:
            CoreGone: there will be none.
        """
        passing = await receive(self._reader)
        if passing is None:
            raise CoreGone
        return passing

    def close(self) -> None:
        """End it."""
        self._writer.close()
