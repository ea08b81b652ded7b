"""A stream manager that exports the least urgent first."""

import sys
from collections.abc import Iterable

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.export.exporter import Exporter
from system.stream_manager.export.schedule import Schedule

SCENARIOS = ("short_priority",)
CAUGHT_BY = "priority"


class Backwards(Schedule):
    """Strict priority, the wrong way round."""

    def choose(self, ready: Iterable[Exporter]) -> Exporter:
        return max(ready, key=lambda each: (each.config.urgency, -each.sent_order))


PARTS = Parts(schedule=Backwards)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
