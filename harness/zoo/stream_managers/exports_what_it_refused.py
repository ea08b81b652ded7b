"""A stream manager that refuses every fortieth message as if it were full, and stores and exports it all the same."""

import sys

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.errors import StreamFull
from system.stream_manager.stream import Stream

SCENARIOS = ("short_outage",)
CAUGHT_BY = "duplication"


class Contrary(Stream):
    """Says no and does it."""

    _asked = 0

    def append(self, payload: bytes) -> int:
        number = super().append(payload)
        self._asked += 1
        if self._asked % 40 == 0:
            raise StreamFull(self.name, self.total_bytes, self.definition.max_size, len(payload))
        return number


PARTS = Parts(stream=Contrary)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
