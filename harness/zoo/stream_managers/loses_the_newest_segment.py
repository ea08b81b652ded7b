"""A stream manager that throws its newest segment away when it starts: it was not synced, so it trusts it not."""

import sys

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.log.format import segment_base
from system.stream_manager.log.segmented import SegmentedLog

SCENARIOS = ("short_kill",)
CAUGHT_BY = "loss"


class Distrustful(SegmentedLog):
    """Begins behind its last sealed segment, with numbers that were given before."""

    def _recover(self) -> None:
        names = [n for n in self._filesystem.names(self._folder) if segment_base(n) is not None]
        if names:
            newest = max(names)
            self._filesystem.remove(f"{self._folder}/{newest}")
            self._filesystem.open(f"{self._folder}/{newest}", create=True).close()
        super()._recover()


PARTS = Parts(log=Distrustful)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
