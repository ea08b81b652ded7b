"""A stream manager that holds half as much again as a stream may hold."""

import sys
from dataclasses import replace

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.stream import Stream

SCENARIOS = ("short_overwrite",)
CAUGHT_BY = "overwrite"


class Hoarding(Stream):
    """Evicts at one and a half of its maximum size."""

    def append(self, payload: bytes) -> int:
        told = self.definition
        self.definition = replace(told, max_size=told.max_size * 3 // 2)
        try:
            return super().append(payload)
        finally:
            self.definition = told


PARTS = Parts(stream=Hoarding)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
