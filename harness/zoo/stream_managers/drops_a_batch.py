"""A stream manager that believes a batch delivered which it never sent: every fourth one."""

import sys
from itertools import count

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts, make_sinks
from system.stream_manager.export.batch import Batch, Delivered, SinkResult
from system.stream_manager.settings import Settings

SCENARIOS = ("short_outage",)
CAUGHT_BY = "loss"


class Dropping:
    """Sinks that send three batches of four."""

    def __init__(self, settings: Settings) -> None:
        self._sinks = make_sinks(settings)
        self._batches = count(1)

    def send(self, batch: Batch) -> SinkResult:
        return Delivered() if next(self._batches) % 4 == 0 else self._sinks.send(batch)

    def close(self) -> None:
        self._sinks.close()


PARTS = Parts(sinks=Dropping)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
