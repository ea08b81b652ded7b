"""Sound: a stream manager that needs 30 ms to store a message."""

import sys
from threading import Event

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.stream import Stream

SCENARIOS = ("short_outage",)
CAUGHT_BY = None


class Slow(Stream):
    """Takes its time."""

    def append(self, payload: bytes) -> int:
        Event().wait(0.03)
        return super().append(payload)


if __name__ == "__main__":
    sys.exit(main(parts=Parts(stream=Slow)))
