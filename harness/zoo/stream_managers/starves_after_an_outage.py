"""A stream manager that keeps its order of priority until an outage; then the longest line goes first."""

import sys
from collections.abc import Iterable

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.export.exporter import Exporter
from system.stream_manager.export.schedule import Schedule

SCENARIOS = ("short_priority",)
CAUGHT_BY = "priority"


class Shaken(Schedule):
    """Loses its principles at the first failure."""

    _shaken = False

    def choose(self, ready: Iterable[Exporter]) -> Exporter:
        there = [*ready]
        self._shaken = self._shaken or any(each.backoff.failures for each in there)
        return max(there, key=Exporter.waiting) if self._shaken else super().choose(there)


PARTS = Parts(schedule=Shaken)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
