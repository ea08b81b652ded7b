"""A stream manager that sends every fifth batch after the one that follows it."""

import sys
from collections import Counter

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts, make_sinks
from system.stream_manager.export.batch import Batch, Delivered, Failed, SinkResult
from system.stream_manager.settings import Settings

SCENARIOS = ("short_outage",)
CAUGHT_BY = "ordering"


class Swapping:
    """Sinks that hold a batch back; an exporter has one under way, so that nobody else looks at its place."""

    def __init__(self, settings: Settings) -> None:
        self._sinks = make_sinks(settings)
        self._sent: Counter[tuple[str, str]] = Counter()
        self._held: dict[tuple[str, str], Batch] = {}

    def send(self, batch: Batch) -> SinkResult:
        self._sent[batch.exporter] += 1
        held = self._held.get(batch.exporter)
        if held is None and self._sent[batch.exporter] % 5 == 0:
            self._held[batch.exporter] = batch
            return Delivered()
        result = self._sinks.send(batch)
        if held is not None and not isinstance(result, Failed):
            while isinstance(self._sinks.send(held), Failed):
                pass
            del self._held[batch.exporter]
        return result

    def close(self) -> None:
        self._sinks.close()


PARTS = Parts(sinks=Swapping)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
