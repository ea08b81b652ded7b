"""A stream manager that makes room by removing the newest sealed segment instead of the oldest."""

import sys

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.log.segmented import SegmentedLog

SCENARIOS = ("short_overwrite",)
CAUGHT_BY = "overwrite"


class Upside(SegmentedLog):
    """Keeps what is old."""

    def evict_oldest(self) -> tuple[int, int]:
        if len(self.segments) < 3:
            return super().evict_oldest()
        gone = self.segments.pop(-2)
        self.total_bytes -= gone.size
        self._close(gone)
        self._unsynced.pop(gone.base, None)
        self._filesystem.remove(self._path(gone.base))
        return gone.base, gone.end


PARTS = Parts(log=Upside)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
