"""Sound: a stream manager that sends three messages at most in one request."""

import sys

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.export.exporter import Exporter
from system.wire.messages import Message

SCENARIOS = ("short_kill",)
CAUGHT_BY = None


class Sipping(Exporter):
    """Takes little at a time."""

    def next_messages(self) -> tuple[Message, ...]:
        return super().next_messages()[:3]


PARTS = Parts(exporter=Sipping)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
