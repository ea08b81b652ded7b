"""A stream manager that changes one byte of one message in every tenth batch."""

import sys
from dataclasses import replace
from itertools import count

from harness.zoo.often import flipped
from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts, make_sinks
from system.stream_manager.export.batch import Batch, SinkResult
from system.stream_manager.settings import Settings

SCENARIOS = ("short_outage",)
CAUGHT_BY = "loss"


class Flipping:
    """Sinks with a bad memory."""

    def __init__(self, settings: Settings) -> None:
        self._sinks = make_sinks(settings)
        self._batches = count(1)

    def send(self, batch: Batch) -> SinkResult:
        if next(self._batches) % 10 == 0:
            first, *rest = batch.messages
            changed = replace(first, payload=flipped(first.payload))
            batch = replace(batch, messages=(changed, *rest))
        return self._sinks.send(batch)

    def close(self) -> None:
        self._sinks.close()


PARTS = Parts(sinks=Flipping)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
