"""A stream manager that acknowledges what is not on the disk, although its streams flush on write."""

import sys

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.log.segmented import SegmentedLog

SCENARIOS = ("short_power_cut",)
CAUGHT_BY = "loss"


class Trusting(SegmentedLog):
    """Leaves it to the operating system."""

    def sync(self) -> None:
        self._sync_names()


PARTS = Parts(log=Trusting)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
