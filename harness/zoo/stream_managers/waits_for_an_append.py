"""A stream manager that tries again after a failure only when another message has been appended."""

import sys

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.export.batch import Failed, SinkResult
from system.stream_manager.export.exporter import Exporter

SCENARIOS = ("short_silence",)
CAUGHT_BY = "loss"


class Prompted(Exporter):
    """Its back-off rings no bell."""

    _failed_at = -1

    def settle(self, result: SinkResult, *, now_ms: int, wall_ms: int) -> None:
        super().settle(result, now_ms=now_ms, wall_ms=wall_ms)
        failed = isinstance(result, Failed)
        self._failed_at = self.stream.newest_sequence_number if failed else -1

    def due_at_ms(self, now_ms: int, wall_ms: int) -> int | None:
        if self.stream.newest_sequence_number <= self._failed_at:
            return None
        return super().due_at_ms(now_ms, wall_ms)


PARTS = Parts(exporter=Prompted)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
