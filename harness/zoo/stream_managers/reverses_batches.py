"""A stream manager that sends the messages of every fourth batch in reverse."""

import sys
from dataclasses import replace
from itertools import count

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts, make_sinks
from system.stream_manager.export.batch import Batch, SinkResult
from system.stream_manager.settings import Settings

SCENARIOS = ("short_outage",)
CAUGHT_BY = "ordering"


class Reversing:
    """Sinks that read a batch from its end."""

    def __init__(self, settings: Settings) -> None:
        self._sinks = make_sinks(settings)
        self._batches = count(1)

    def send(self, batch: Batch) -> SinkResult:
        if next(self._batches) % 4 == 0:
            batch = replace(batch, messages=batch.messages[::-1])
        return self._sinks.send(batch)

    def close(self) -> None:
        self._sinks.close()


PARTS = Parts(sinks=Reversing)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
