"""A stream manager that goes on with the newest messages when a link is back."""

import sys

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.export.batch import Delivered, SinkResult
from system.stream_manager.export.exporter import Exporter

SCENARIOS = ("short_outage",)
CAUGHT_BY = "loss"


class Impatient(Exporter):
    """Leaves the past behind."""

    def settle(self, result: SinkResult, *, now_ms: int, wall_ms: int) -> None:
        failed = self.backoff.failures
        super().settle(result, now_ms=now_ms, wall_ms=wall_ms)
        if failed and isinstance(result, Delivered):
            self.progress.position = self.taken_until = self.stream.newest_sequence_number + 1


PARTS = Parts(exporter=Impatient)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
