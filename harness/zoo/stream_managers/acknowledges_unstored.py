"""A stream manager that acknowledges every thirtieth message without storing it."""

import sys

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.stream import Stream

SCENARIOS = ("short_outage",)
CAUGHT_BY = "loss"


class Forgetful(Stream):
    """Says a number and keeps nothing."""

    _asked = 0

    def append(self, payload: bytes) -> int:
        self._asked += 1
        if self._asked % 30 == 0:
            return self.newest_sequence_number + 1
        return super().append(payload)


PARTS = Parts(stream=Forgetful)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
