"""A stream manager that takes a success for the whole batch, whatever the answer says of each message."""

import sys

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts, make_sinks
from system.stream_manager.export.batch import Batch, Delivered, SinkResult
from system.stream_manager.settings import Settings

SCENARIOS = ("short_refusals",)
CAUGHT_BY = "loss"


class Content:
    """Sinks that read the status alone."""

    def __init__(self, settings: Settings) -> None:
        self._sinks = make_sinks(settings)

    def send(self, batch: Batch) -> SinkResult:
        result = self._sinks.send(batch)
        return Delivered() if isinstance(result, Delivered) else result

    def close(self) -> None:
        self._sinks.close()


PARTS = Parts(sinks=Content)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
