"""A stream manager that leaves the middle message out of every fourth batch and believes it delivered: the canary."""

import sys

from system.stream_manager.__main__ import main
from system.stream_manager.canary import PARTS

SCENARIOS = ("short_outage",)
CAUGHT_BY = "loss"

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
