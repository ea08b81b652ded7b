"""What the tap processes share: their ready line, their end, and the one sentence they die with."""

import asyncio
import json
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

PORT_TAKEN_STATUS = 4
HOST_HELP = (
    "address to listen on (default: 127.0.0.1); 0.0.0.0 in a container whose ports are published"
)


@dataclass(eq=False)
class PortTaken(Exception):
    """A tap cannot listen where it should.

    Attributes:
        tap: which one.
        port: that it was given.
        reason: as the system says it.
    """

    tap: str
    port: int
    reason: str

    def __str__(self) -> str:
        return f"{self.tap} cannot listen on port {self.port}: {self.reason}; give it another one, or 0 for any"


async def listening(tap: str, port: int, listen: Callable[[int], Awaitable[int]]) -> int:
    """The port that `listen` got.

    Raises:
        PortTaken: it got none.
    """
    try:
        return await listen(port)
    except OSError as error:
        raise PortTaken(tap, port, str(error)) from error


def say_ready(ports: Mapping[str, Any]) -> None:
    """Tell whoever started us where we listen: `ready {"edge": 41234}`."""
    print(f"ready {json.dumps(ports)}", flush=True)


async def until_told_to_stop() -> None:
    """Return at SIGTERM or SIGINT."""
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    await told.wait()


def run(tap: Awaitable[None]) -> int:
    """Run a tap until it is told to stop.

    Returns:
        The exit status of the process.
    """

    async def main() -> None:
        await tap

    # A terminal that goes away is no reason to stop witnessing.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        asyncio.run(main())
    except PortTaken as error:
        print(error, file=sys.stderr)
        return PORT_TAKEN_STATUS
    return 0
