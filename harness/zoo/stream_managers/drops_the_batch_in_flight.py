"""A stream manager that believes the batch delivered which was under way when the link went down."""

import sys
from threading import Lock

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts, make_sinks
from system.stream_manager.export.batch import Batch, Delivered, Failed, SinkResult
from system.stream_manager.settings import Settings

SCENARIOS = ("short_outage",)
CAUGHT_BY = "loss"


class Confident:
    """Sinks that take the first failure after a success for a success."""

    def __init__(self, settings: Settings) -> None:
        self._sinks = make_sinks(settings)
        self._sound: set[tuple[str, str]] = set()
        self._lock = Lock()

    def send(self, batch: Batch) -> SinkResult:
        result = self._sinks.send(batch)
        with self._lock:
            if not isinstance(result, Failed):
                self._sound.add(batch.exporter)
            elif batch.exporter in self._sound:
                self._sound.discard(batch.exporter)
                return Delivered()
        return result

    def close(self) -> None:
        self._sinks.close()


PARTS = Parts(sinks=Confident)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
