"""The users of a load: a device that publishes, an application that appends, somebody who uses the HTTP APIs.

Importing this imports locust, which patches the whole process.
"""

import itertools
import os
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import gevent
import requests
from locust import User, task
from locust.exception import StopUser

from harness.commands.outcome import ExitStatus
from harness.load.answer import Answer, Outcome
from harness.load.api import Api
from harness.load.appender import Appender, AppenderDied
from harness.load.carrying import carry
from harness.load.device import Device
from harness.load.options import LoadOptions
from harness.load.reading import reading
from harness.load.rows import Rows
from harness.load.schedule import Due
from harness.load.site_file import LoadSite
from harness.load.worker import Worker


class OpenLoopUser(User):
    """Takes readings when they are due, and carries one at a time."""

    abstract = True
    numbers: ClassVar[Any] = itertools.count(1)

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self.number = next(self.numbers)
        self.rows = Rows(type(self).__name__, environment.events.request.fire)

    @property
    def site(self) -> LoadSite:
        """Where it goes."""
        return self.environment.stream_chaos.site  # type: ignore[no-any-return]

    @property
    def options(self) -> LoadOptions:
        """Of the load."""
        return self.environment.stream_chaos.options  # type: ignore[no-any-return]

    @property
    def worker(self) -> Worker:
        """Of this process."""
        return self.environment.stream_chaos.worker  # type: ignore[no-any-return]

    def on_start(self) -> None:
        """Connect, and say so."""
        try:
            self.connect()
        except (OSError, AppenderDied, requests.RequestException) as error:
            # It waits for a beginning that will not come: what is raised here locust shows as a traceback.
            self.worker.user_refused(
                f"{type(self).__name__} cannot reach the site {self.site.name}: {error}.",
                ExitStatus.NO_ENVIRONMENT,
            )
            return
        self.worker.user_ready(type(self).__name__, self.rows)

    @task
    def carry_all(self) -> None:
        """Carry readings until there are no more."""
        self.worker.began.wait()
        belt = self.worker.belts.get(type(self).__name__)
        while belt is not None and (due := belt.take()) is not None:
            due_s = belt.due_s(due)
            answer, length = self._carried(due, due_s)
            self.rows.carried(due_s, answer, length)
            acknowledged = answer.outcome is Outcome.ACKNOWLEDGED
            belt.carried(due, answer.sent_s, acknowledged=acknowledged)
        raise StopUser

    def _carried(self, due: Due, due_s: float) -> tuple[Answer, int]:
        payload = self.payload(due)
        send: Callable[[], Answer] = lambda: self.send(due, payload)  # noqa: E731
        answer = carry(due_s, send, self.options.policy, now=time.monotonic, pause=gevent.sleep)
        return answer, len(payload)

    def payload(self, due: Due) -> bytes:
        """What is sent for a reading."""
        options = self.options
        return reading(
            due.sensor,
            due.ordinal,
            time.time(),
            seed=options.seed,
            size_bytes=options.reading_bytes,
        )

    def connect(self) -> None:
        """Get ready; raises OSError when the site does not answer."""
        raise NotImplementedError

    def send(self, due: Due, payload: bytes) -> Answer:
        """Send once."""
        raise NotImplementedError


class SensorDevice(OpenLoopUser):
    """A device of the site: publishes readings over MQTT."""

    _device: Device | None = None

    def connect(self) -> None:
        """Find the broker."""
        broker = self.site.broker
        assert broker is not None, "looked at before anything was spawned"
        # One identity, one connection: users of one load must not throw each other out.
        identity = f"{broker.client_id}-{os.getpid()}-{self.number}"
        options = self.options
        self._device = Device(broker, identity, qos=options.qos, timeout_s=options.timeout_s)
        self._device.connect()

    def send(self, due: Due, payload: bytes) -> Answer:
        """Publish once."""
        assert self._device is not None, "it is connected"
        return self._device.publish(payload)

    def on_stop(self) -> None:
        """End the connection."""
        if self._device is not None:
            self._device.close()


class StreamAppender(OpenLoopUser):
    """An application of the site: appends readings with the stock SDK."""

    _appender: Appender | None = None

    def connect(self) -> None:
        """Start the process that appends, and have it find the stream manager."""
        self._appender = Appender(self.site, self.options)
        if self._appender.first.outcome is not Outcome.ACKNOWLEDGED:
            raise ConnectionError(f"the stream manager: {self._appender.first.error}")

    def send(self, due: Due, payload: bytes) -> Answer:
        """Append once; a process that died is replaced for the next reading."""
        sent_s = time.monotonic()
        assert self._appender is not None, "it is connected"
        try:
            return self._appender.append(payload)
        except AppenderDied as error:
            self._appender.close()
            self._appender = Appender(self.site, self.options)
            return Answer(
                outcome=Outcome.UNKNOWN, sent_s=sent_s, ended_s=time.monotonic(), error=str(error)
            )

    def on_stop(self) -> None:
        """End the process."""
        if self._appender is not None:
            self._appender.close()


class SensorApi(OpenLoopUser):
    """Somebody who looks at the site's HTTP APIs and switches its sensor source off and on."""

    fixed_count = 1
    """There is one switch: two who use it would each find what the other one did."""

    def connect(self) -> None:
        """Look whether they answer."""
        self._api = Api(self.site, self.options.timeout_s, self.environment.events.request.fire)
        self._api.begin()

    _api: Api | None = None

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        # Each call has a row of its own.
        self.rows = replace(self.rows, sent_row=False)

    def payload(self, due: Due) -> bytes:
        """Nothing is sent along."""
        return b""

    def send(self, due: Due, payload: bytes) -> Answer:
        """Make the next request."""
        assert self._api is not None, "it is connected"
        return self._api.ask(due.ordinal)

    def on_stop(self) -> None:
        """Leave the source as it was found."""
        if self._api is not None:
            self._api.end()
            self._api.close()
