"""Sound: a stream manager that counts payloads alone where a limit says how many bytes a stream or segment has."""

import sys

from harness.zoo.charging import charging
from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts

SCENARIOS = ("short_overwrite",)
CAUGHT_BY = None

PARTS = Parts(log=charging(0))

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
