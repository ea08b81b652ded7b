"""`python -m system.greengrass.mqtt SETTINGS`: the broker; the core starts it and is at the other end of its bridge.

`_GG_MQTT_BRIDGE` in the environment is where the core waits for it, as `PORT:TOKEN`.
"""

import asyncio
import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path
from typing import Any

from amqtt.broker import Broker
from amqtt.contexts import BrokerConfig, ListenerConfig, ListenerType

from system.greengrass.mqtt.gate import LISTENER, Gate
from system.greengrass.mqtt.hub import Connections, distribute
from system.greengrass.mqtt.link import CoreGone, Link
from system.greengrass.mqtt.passing import BridgeBroken
from system.greengrass.mqtt.plugin import Asked
from system.greengrass.mqtt.settings import BrokerSettings, load_settings
from system.greengrass.mqtt.tls import by_fingerprint, server_context

log = logging.getLogger(__name__)

BRIDGE = "_GG_MQTT_BRIDGE"
PLUGINS = "system.greengrass.mqtt.plugin"
UNAVAILABLE_STATUS = 4
LISTEN_BACKLOG = 128


def make_broker(connections: Connections) -> Broker:
    """The library's broker, which asks `connections` and listens nowhere itself."""
    hub = {"hub": Asked(connections)}
    return Broker(
        BrokerConfig(
            listeners={LISTENER: ListenerConfig(type=ListenerType.EXTERNAL)},
            plugins={f"{PLUGINS}.Admission": hub, f"{PLUGINS}.Bridging": hub},
        )
    )


async def run(settings: BrokerSettings, listening: socket.socket, port: int, token: str) -> None:
    """Serve devices until cancelled or the core is gone.

    Args:
        listening: where devices come to.
        port: where the core waits.
        token: by which the core knows us.
    """
    asyncio.get_running_loop().set_exception_handler(_in_one_line)
    context = server_context(settings.certificate, settings.key, settings.devices)
    link = await Link.open(port, token)
    connections = Connections(link)
    broker = make_broker(connections)
    await broker.start()
    gate = Gate(
        listening,
        context=context,
        devices=by_fingerprint(settings.devices),
        broker=broker,
        connections=connections,
    )
    log.info("The broker lets %d devices in", len(settings.devices))
    try:
        await _together(gate.run(), gate.sweep(), _from_core(link, connections, broker))
    finally:
        await gate.close()
        await broker.shutdown()
        link.close()


def _in_one_line(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What the library's tasks fail with when a device sends nonsense is no fault of ours, and is told briefly."""
    log.info("A device was not understood: %r", context.get("exception") or context["message"])


async def _from_core(link: Link, connections: Connections, broker: Broker) -> None:
    while True:
        distribute(await link.receive(), connections, broker)


async def _together(*works: Awaitable[None]) -> None:
    """All of them, until one fails."""
    async with asyncio.TaskGroup() as group:
        for work in works:
            group.create_task(_awaited(work))


async def _awaited(work: Awaitable[None]) -> None:
    await work


async def _until_told(settings: BrokerSettings, listening: socket.socket) -> None:
    port, _, token = os.environ.pop(BRIDGE).partition(":")
    running = asyncio.ensure_future(run(settings, listening, int(port), token))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    with suppress(asyncio.CancelledError):
        try:
            await running
        except* (CoreGone, BridgeBroken) as gone:
            log.info("The core is gone: %r", gone.exceptions[0])


def listen(address: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        OSError: the port cannot be had.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.create_server((address, port), family=family, backlog=LISTEN_BACKLOG)


def _raise_limit_of_files() -> None:
    """Each connection is a file."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main(arguments: list[str]) -> int:
    """Run the broker. Exit status: 0 stopped, 4 its port or its certificate cannot be had."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    logging.getLogger("amqtt").setLevel(logging.ERROR)
    logging.getLogger("transitions").setLevel(logging.ERROR)
    settings = load_settings(Path(arguments[0]))
    _raise_limit_of_files()
    try:
        with listen(settings.address, settings.port) as listening:
            asyncio.run(_until_told(settings, listening))
    except OSError as error:
        print(
            f"The broker cannot serve {settings.address}:{settings.port}: {error}", file=sys.stderr
        )
        return UNAVAILABLE_STATUS
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
