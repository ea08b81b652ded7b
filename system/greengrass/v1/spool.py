"""The way of local messages to the cloud: queued in memory within a bound, sent by a thread, tried again until sent."""

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from system.greengrass.router.router import Publication
from system.greengrass.supervision.backoff import Backoff, BackoffRule

log = logging.getLogger(__name__)

BACKOFF = BackoffRule(first_s=1.0, cap_s=30.0, stable_s=float("inf"))
DISCARDS_LOGGED_EVERY = 1000


class Broker(Protocol):
    """What is used of boto3's `iot-data` client."""

    def publish(self, *, topic: str, qos: int, payload: bytes) -> Any:
        """Publish one message."""


class CloudSpool:
    """The target `cloud` of subscriptions.

    Args:
        connect: makes a client; called in the thread.
        bytes_max: bound of the payloads that wait; new messages are refused beyond it.
    """

    def __init__(self, connect: Callable[[], Broker], bytes_max: int) -> None:
        self.bytes_max = bytes_max
        self._connect = connect
        self._broker: Broker | None = None
        self._waiting: deque[Publication] = deque()
        self._bytes = 0
        self._discarded = 0
        self._changed = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="cloud spool", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Send nothing any more; what waits is lost, as in memory it is."""
        with self._changed:
            self._stopping = True
            self._changed.notify()

    def has_room(self) -> bool:
        """Whether a message would be taken."""
        return self._bytes < self.bytes_max

    def deliver(self, publication: Publication) -> bool:
        """Take a message for the cloud."""
        with self._changed:
            if self._bytes + len(publication.payload) > self.bytes_max:
                self._discard()
                return False
            self._bytes += len(publication.payload)
            self._waiting.append(publication)
            self._changed.notify()
            return True

    def _discard(self) -> None:
        if self._discarded % DISCARDS_LOGGED_EVERY == 0:
            log.warning(
                "The queue to the cloud is full (%d bytes): a message was discarded (%d before it)",
                self.bytes_max,
                self._discarded,
            )
        self._discarded += 1

    def _run(self) -> None:
        backoff = Backoff(BACKOFF)
        while publication := self._first():
            try:
                self._send(publication)
                backoff.succeeded()
            except (BotoCoreError, ClientError) as error:
                wait_s = backoff.failed_after(0)
                log.info("Messages wait for the cloud, next attempt in %.0f s: %s", wait_s, error)
                with self._changed:
                    self._changed.wait_for(lambda: self._stopping, wait_s)

    def _first(self) -> Publication | None:
        """The message to send now; it keeps its place until it is sent. None: to stop."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._stopping)
            return None if self._stopping else self._waiting[0]

    def _send(self, publication: Publication) -> None:
        if self._broker is None:
            self._broker = self._connect()
        self._broker.publish(topic=publication.topic, qos=1, payload=publication.payload)
        with self._changed:
            self._waiting.popleft()
            self._bytes -= len(publication.payload)
