"""Sound: a stream manager that needs 30 ms to store a message."""

import sys
from threading import Event

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.stream import Stream


class Slow(Stream):
    """Takes its time."""

    def append(self, payload: bytes) -> int:
        Event().wait(0.03)
        return super().append(payload)


PARTS = Parts(stream=Slow)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
