"""Sound: a stream manager that counts 64 bytes for each record besides its payload, against the same limits."""

import sys

from harness.zoo.charging import charging
from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts

SCENARIOS = ("short_overwrite",)
CAUGHT_BY = None

PARTS = Parts(log=charging(64))

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
