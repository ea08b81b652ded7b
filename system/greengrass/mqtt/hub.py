"""Who is connected, what goes from them to the core, and what goes from the core to them."""

import asyncio
import logging
from collections.abc import Iterator

from amqtt.broker import Broker
from amqtt.errors import AMQTTError, MQTTError
from amqtt.session import Session

from system.greengrass.mqtt.connection import Connection
from system.greengrass.mqtt.intake import Intake
from system.greengrass.mqtt.link import Link
from system.greengrass.mqtt.passing import Passing
from system.greengrass.mqtt.permission import may_subscribe
from system.greengrass.router.filters import matches

log = logging.getLogger(__name__)

QOS_MAX = 1
TAKE_OVER_S = 5.0


class Connections:
    """The devices of this moment, by client id."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self._connections: dict[str, Connection] = {}

    def __iter__(self) -> Iterator[Connection]:
        return iter(tuple(self._connections.values()))

    async def enter(self, connection: Connection) -> None:
        """Take a connection in; one with the same client id has to go first.

        Raises:
            TimeoutError: it did not.
        """
        while earlier := self._connections.get(connection.client_id):
            log.info("%s is connected anew; its earlier connection ends", connection.client_id)
            earlier.abort()
            async with asyncio.timeout(TAKE_OVER_S):
                await earlier.closed.wait()
        self._connections[connection.client_id] = connection

    def leave(self, connection: Connection) -> None:
        """Nothing is left of a connection."""
        if self._connections.get(connection.client_id) is connection:
            del self._connections[connection.client_id]
        connection.closed.set()

    def of_device(self, arn: str) -> list[Connection]:
        """All connections of a device that are let in."""
        return [each for each in self if each.device.arn == arn and each.session is not None]

    # -- what the library asks (see plugin.py) ----------------------------------------------------

    def admit(self, session: Session) -> bool:
        """Have a session's messages handed to the core; false for one that came by no connection of ours."""
        connection = self._connections.get(str(session.client_id))
        if connection is None:
            return False
        session.delivered_message_queue = Intake(connection, self.link)
        connection.session = session
        return True

    def may_subscribe(self, client_id: str, pattern: str) -> bool:
        """Whether anything that the device may be sent could pass the filter."""
        connection = self._connections.get(client_id)
        allowed = connection is not None and may_subscribe(pattern, connection.device.receives)
        if not allowed:
            log.info("%s may not subscribe to %r: no subscription allows it", client_id, pattern)
        return allowed


def distribute(passing: Passing, connections: Connections, broker: Broker) -> None:
    """Put a message into the outbox of each connection of its device that subscribed to it, once."""
    for connection in connections.of_device(passing.device):
        wanted = [
            qos
            for pattern, subscribed in broker.subscriptions.items()
            if matches(pattern, passing.topic)
            for session, qos in subscribed
            if session is connection.session
        ]
        if wanted:
            connection.put(passing.topic, passing.payload, min(max(wanted), QOS_MAX))


async def empty_outbox(connection: Connection, broker: Broker) -> None:
    """Send what is in a connection's outbox, one after the other, until cancelled."""
    while True:
        topic, payload, qos = await connection.outbox.get()
        _session, handler = broker.sessions.get(connection.client_id, (None, None))
        if handler is None or handler.session is None:
            continue
        try:
            await handler.mqtt_publish(topic, payload, qos, retain=False)
        except (AMQTTError, MQTTError, OSError) as error:
            log.info("A message did not reach %s: %s", connection.client_id, error)
