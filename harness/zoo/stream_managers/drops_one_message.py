"""A stream manager that leaves the middle message out of every fifth batch and believes it delivered."""

import sys
from dataclasses import replace
from itertools import count

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts, make_sinks
from system.stream_manager.export.batch import Batch, SinkResult
from system.stream_manager.settings import Settings

SCENARIOS = ("short_outage",)
CAUGHT_BY = "loss"


class Leaky:
    """Sinks that lose one message now and then."""

    def __init__(self, settings: Settings) -> None:
        self._sinks = make_sinks(settings)
        self._batches = count(1)

    def send(self, batch: Batch) -> SinkResult:
        middle = len(batch.messages) // 2
        if len(batch.messages) > 2 and next(self._batches) % 5 == 0:
            rest = batch.messages[:middle] + batch.messages[middle + 1 :]
            return self._sinks.send(replace(batch, messages=rest))
        return self._sinks.send(batch)

    def close(self) -> None:
        self._sinks.close()


PARTS = Parts(sinks=Leaky)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
