"""A stream manager that sends a whole batch again when some of its messages were refused."""

import sys

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts, make_sinks
from system.stream_manager.export.batch import Batch, Delivered, Failed, SinkResult
from system.stream_manager.settings import Settings

SCENARIOS = ("short_refusals",)
CAUGHT_BY = "duplication"


class Strict:
    """Sinks that know whole batches only."""

    def __init__(self, settings: Settings) -> None:
        self._sinks = make_sinks(settings)

    def send(self, batch: Batch) -> SinkResult:
        result = self._sinks.send(batch)
        if isinstance(result, Delivered) and result.refused:
            return Failed(reason=result.reason)
        return result

    def close(self) -> None:
        self._sinks.close()


PARTS = Parts(sinks=Strict)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
