"""Sound: a stream manager that does not trust the answer that came last before a link went down."""

import sys

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.export.batch import Delivered, SinkResult
from system.stream_manager.export.exporter import Exporter

SCENARIOS = (
    "short_outage",
    "short_resets",
)
CAUGHT_BY = None
DOUBTED_MS = 1000


class Careful(Exporter):
    """Goes back by one batch after a failure, if that was sent only a moment before."""

    _before: tuple[int, int] = (0, 0)

    def settle(self, result: SinkResult, *, now_ms: int, wall_ms: int) -> None:
        assert self.sending is not None
        first = self.sending.messages[0].sequence_number
        failures = self.backoff.failures
        super().settle(result, now_ms=now_ms, wall_ms=wall_ms)
        if isinstance(result, Delivered):
            self._before = first, now_ms
        elif not failures and now_ms - self._before[1] < DOUBTED_MS:
            self.progress.position = self._before[0]
            self.refused, self.taken_until = (), 0


PARTS = Parts(exporter=Careful)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
