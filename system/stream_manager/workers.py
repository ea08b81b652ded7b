"""The threads that talk to the destinations: sinks block, the engine must not."""

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Protocol

from system.stream_manager.export.batch import Batch, Failed, SinkResult


class Sender(Protocol):
    """Speaks to the destinations."""

    def send(self, batch: Batch) -> SinkResult:
        """Try once to deliver a batch. Blocks; called by several threads; raises nothing."""

    def close(self) -> None:
        """Give its connections back."""


class Workers:
    """As many threads as batches may be under way.

    They are daemons: a request that a silent destination never answers must not keep the process from ending.

    Args:
        settled: called in the worker's thread with a batch and its result.
    """

    def __init__(
        self, sender: Sender, count: int, settled: Callable[[Batch, SinkResult], None]
    ) -> None:
        self._sender = sender
        self._settled = settled
        self._batches: SimpleQueue[Batch] = SimpleQueue()
        for number in range(count):
            threading.Thread(target=self._work, name=f"exporter-{number}", daemon=True).start()

    def put(self, batch: Batch) -> None:
        """Let a batch be sent by the next free thread."""
        self._batches.put(batch)

    def _work(self) -> None:
        while True:
            batch = self._batches.get()
            try:
                result = self._sender.send(batch)
            except (
                Exception
            ) as error:  # a fault of the sink itself: the messages are owed all the same
                result = Failed(reason=f"the sink failed: {error!r}", doubtful=True)
            self._settled(batch, result)
