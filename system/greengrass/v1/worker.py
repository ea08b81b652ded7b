"""One worker of a function, as its host sees it."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from system.greengrass.supervision.process import Child
from system.greengrass.v1.work import Outcome, WorkItem


class WorkerState(StrEnum):
    """The words of the health interface."""

    INITIALIZING = "Initializing"
    WAITING = "Waiting"
    WORKING = "Working"
    TERMINATED = "Terminated"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStatus:
    """A worker as others may see it."""

    id: str
    pid: int
    started: float
    state: WorkerState


class Worker:
    """A process that carries out one invocation at a time.

    Args:
        identity: what it calls itself when it asks for work.

    Attributes:
        dismissed: its end is wanted: it did nothing wrong.
    """

    def __init__(self, identity: str, child: Child) -> None:
        self.id = identity
        self.child = child
        self.state = WorkerState.INITIALIZING
        self.waiting_since = time.monotonic()
        self.item: WorkItem | None = None
        self.dismissed = False
        self._ask: asyncio.Future[WorkItem] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def status(self) -> WorkerStatus:
        """What others may see."""
        return WorkerStatus(
            id=self.id, pid=self.child.pid, started=self.child.started, state=self.state
        )

    def ask(self) -> asyncio.Future[WorkItem]:
        """It wants work."""
        self._cancel_ask()
        self._ask = asyncio.get_running_loop().create_future()
        self.state = WorkerState.WAITING
        self.waiting_since = time.monotonic()
        return self._ask

    def asks(self) -> bool:
        """Whether it waits for work, and somebody is there to take it."""
        waiting = self._ask is not None and not self._ask.done()
        return waiting and self.state == WorkerState.WAITING

    def hand(self, item: WorkItem, timeout_s: float, on_timeout: Callable[[], None]) -> None:
        """Give it an item, and the time it has for it."""
        assert self._ask is not None, "only a worker that asks is given work"
        self._ask.set_result(item)
        self._ask = None
        self.item = item
        self.state = WorkerState.WORKING
        self._timer = asyncio.get_running_loop().call_later(timeout_s, on_timeout)

    def finish(self, outcome: Outcome) -> None:
        """The item it had came to something."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        item, self.item = self.item, None
        if item is not None:
            item.settle(outcome)

    def limit(self, seconds: float, on_timeout: Callable[[], None]) -> None:
        """Give it a time for its start."""
        self._timer = asyncio.get_running_loop().call_later(seconds, on_timeout)

    def ready(self) -> None:
        """Its start is over."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def terminate(self) -> None:
        """It gets no more work, and is about to end."""
        self.state = WorkerState.TERMINATED
        self.ready()

    def ended(self, outcome: Outcome) -> None:
        """Its process is gone; so is whoever waited for work on its behalf."""
        self.terminate()
        self._cancel_ask()
        self.finish(outcome)

    def _cancel_ask(self) -> None:
        if self._ask is not None and not self._ask.done():
            self._ask.cancel()
        self._ask = None
