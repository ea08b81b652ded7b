"""Sound: a stream manager that fails (UnknownFailure) now and then after it stored a message, and exports it."""

import sys

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.stream import Stream

SCENARIOS = ("short_outage",)
CAUGHT_BY = None


class Stumbling(Stream):
    """Promises nothing for every fortieth message."""

    _asked = 0

    def append(self, payload: bytes) -> int:
        number = super().append(payload)
        self._asked += 1
        if self._asked % 40 == 0:
            raise RuntimeError("stumbled behind the store")
        return number


PARTS = Parts(stream=Stumbling)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
