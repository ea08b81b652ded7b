"""A stream manager that removes two segments where one would make room enough."""

import sys

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.stream import Stream

SCENARIOS = ("short_overwrite",)
CAUGHT_BY = "overwrite"


class Generous(Stream):
    """Makes more room than is needed."""

    def _make_room(self, size: int) -> None:
        super()._make_room(size)
        if len(self._log.segments) > 2:
            self._log.evict_oldest()


PARTS = Parts(stream=Generous)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
