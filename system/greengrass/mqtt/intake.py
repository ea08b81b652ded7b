"""What the library does with a message that a device published, in the place of its own queue.

The library puts a message into the session's queue and acknowledges it at once. Here the queue hands it to the core,
and the acknowledgement waits for that of the core: what is acknowledged does not depend on the broker any more.
"""

import asyncio
import logging

from amqtt.session import ApplicationMessage

from system.greengrass.mqtt.connection import Connection
from system.greengrass.mqtt.link import Link
from system.greengrass.mqtt.passing import Passing
from system.greengrass.router.filters import topic_problem

log = logging.getLogger(__name__)


class Intake(asyncio.Queue[ApplicationMessage]):
    """The queue of one session, from which nothing ever comes out again.

    Args:
        connection: of the device.
        link: to the core.
    """

    def __init__(self, connection: Connection, link: Link) -> None:
        super().__init__()
        self._connection = connection
        self._link = link

    def put_nowait(self, item: ApplicationMessage) -> None:
        """Hand over a message that need not be acknowledged."""
        self._hand_over(item, None)

    async def put(self, item: ApplicationMessage) -> None:
        """Hand over a message, and return when the core has taken it."""
        accepted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._connection.unaccepted += 1
        try:
            if self._hand_over(item, accepted):
                await accepted
        finally:
            self._connection.unaccepted -= 1

    def _hand_over(self, item: ApplicationMessage, accepted: asyncio.Future[None] | None) -> bool:
        topic = str(item.topic)
        if problem := topic_problem(topic):
            log.info("A message of %s is discarded: %s", self._connection.client_id, problem)
            return False
        device = self._connection.device.arn
        passing = Passing(device=device, topic=topic, payload=bytes(item.data or b""))
        self._link.send(passing, accepted)
        return True
