"""A stream manager that sends every third batch twice, without any reason."""

import sys
from itertools import count

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts, make_sinks
from system.stream_manager.export.batch import Batch, SinkResult
from system.stream_manager.settings import Settings

SCENARIOS = ("short_outage",)
CAUGHT_BY = "duplication"


class Doubling:
    """Sinks that do not trust an answer."""

    def __init__(self, settings: Settings) -> None:
        self._sinks = make_sinks(settings)
        self._batches = count(1)

    def send(self, batch: Batch) -> SinkResult:
        if next(self._batches) % 3 == 0:
            self._sinks.send(batch)
        return self._sinks.send(batch)

    def close(self) -> None:
        self._sinks.close()


PARTS = Parts(sinks=Doubling)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
