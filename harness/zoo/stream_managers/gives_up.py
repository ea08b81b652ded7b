"""A stream manager whose exporter to Kinesis never tries again after its third failure in a row."""

import sys

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.export.exporter import Exporter

SCENARIOS = ("short_outage",)
CAUGHT_BY = "loss"


class Despairing(Exporter):
    """Has nothing to send any more."""

    def due_at_ms(self, now_ms: int, wall_ms: int) -> int | None:
        if self.config.identifier == "RawKinesis" and self.backoff.failures >= 3:
            return None
        return super().due_at_ms(now_ms, wall_ms)


PARTS = Parts(exporter=Despairing)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
