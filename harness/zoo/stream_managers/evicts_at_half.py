"""A stream manager that holds half of what a stream may hold."""

import sys

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.stream import Stream

SCENARIOS = ("short_overwrite",)
CAUGHT_BY = "overwrite"


class Half(Stream):
    """Evicts at half of its maximum size."""

    def append(self, payload: bytes) -> int:
        while self._log.total_bytes > self.definition.max_size // 2:
            self._log.evict_oldest()
        return super().append(payload)


PARTS = Parts(stream=Half)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
