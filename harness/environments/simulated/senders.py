"""Somebody's sinks in the place of ours: they wait until a batch is delivered, each in a task of its own."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from harness.environments.simulated.uplink import Links
from harness.environments.simulated.world import Mailbox, Task, World
from system.stream_manager.export.batch import Batch, Failed, SinkResult
from system.stream_manager.settings import Settings
from system.stream_manager.workers import Sender


class WaitingSender:
    """What such sinks find in the place of ours: a sender that waits in the world."""

    def __init__(self, world: World, links: Links) -> None:
        self._world = world
        self._links = links

    def send(self, batch: Batch) -> SinkResult:
        """Deliver one batch."""
        mailbox = Mailbox(self._world)
        self._links.put(batch, mailbox.put)
        # The links themselves end every request.
        result: SinkResult = mailbox.take()
        return result

    def close(self) -> None:
        """Nothing to give back."""


class Senders:
    """Delivers by somebody's sinks.

    Args:
        make: makes them, given the settings; made anew for each life of the stream manager.
    """

    def __init__(self, world: World, links: Links, make: Callable[[Settings], Sender]) -> None:
        self._world = world
        self._links = links
        self._make = make
        self._sender: Sender | None = None
        self._tasks: list[Task] = []

    def put(self, batch: Batch, settle: Callable[[SinkResult], None]) -> None:
        """Try once to deliver a batch."""
        if self._sender is None:
            waiting = WaitingSender(self._world, self._links)
            self._sender = self._make(Settings(store=Path("/"), sender=waiting))
        self._tasks = [task for task in self._tasks if task.is_alive()]
        body = partial(self._send, self._sender, batch, settle)
        self._tasks.append(self._world.spawn(f"batch-{batch.id}", body))

    @staticmethod
    def _send(sender: Sender, batch: Batch, settle: Callable[[SinkResult], None]) -> None:
        try:
            result = sender.send(batch)
        except Exception as error:
            result = Failed(reason=f"the sink failed: {error!r}", doubtful=True)
        settle(result)

    def forget(self) -> None:
        """The stream manager died."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.kill()
        self._sender = None
        self._links.forget()
