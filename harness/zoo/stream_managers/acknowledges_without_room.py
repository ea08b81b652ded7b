"""A stream manager that acknowledges messages which the full disk did not take."""

import sys

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.errors import StorageFailed
from system.stream_manager.stream import Stream

SCENARIOS = ("short_full_disk",)
CAUGHT_BY = "loss"


class Hopeful(Stream):
    """Counts on room being made."""

    def append(self, payload: bytes) -> int:
        try:
            return super().append(payload)
        except StorageFailed:
            return self.newest_sequence_number + 1


PARTS = Parts(stream=Hopeful)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
