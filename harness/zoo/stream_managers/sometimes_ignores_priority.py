"""A stream manager that takes the least urgent exporter at every third choice that it has."""

import sys
from collections.abc import Iterable

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.export.exporter import Exporter
from system.stream_manager.export.schedule import Schedule

SCENARIOS = ("short_priority",)
CAUGHT_BY = "priority"


class Fair(Schedule):
    """Lets nobody wait for ever."""

    _choices = 0

    def choose(self, ready: Iterable[Exporter]) -> Exporter:
        there = [*ready]
        self._choices += len(there) > 1
        if len(there) > 1 and self._choices % 3 == 0:
            return max(there, key=lambda each: (each.config.urgency, -each.sent_order))
        return super().choose(there)


PARTS = Parts(schedule=Fair)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
