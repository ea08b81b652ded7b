"""A stream manager that makes room message by message, not by whole segments."""

import sys

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.log.format import record_size
from system.stream_manager.stream import Stream

SCENARIOS = ("short_overwrite",)
CAUGHT_BY = "overwrite"


class Trimming(Stream):
    """Its oldest messages are gone although they are still in a file."""

    _floor = 0
    _trimmed = 0

    @property
    def oldest_sequence_number(self) -> int:
        return max(self._floor, self._log.oldest)

    def _make_room(self, size: int) -> None:
        while self._log.total_bytes - self._trimmed + size > self.definition.max_size:
            (message,) = self._log.read(self._floor, 1, 1 << 20)
            self._floor = message.sequence_number + 1
            self._trimmed += record_size(len(message.payload))
            if len(self._log.segments) > 1 and self._floor >= self._log.segments[0].end:
                self._trimmed -= self._log.segments[0].size
                self._log.evict_oldest()


PARTS = Parts(stream=Trimming)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
