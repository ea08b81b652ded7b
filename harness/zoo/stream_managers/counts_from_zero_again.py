"""A stream manager whose answers count from 0 again after a restart, although it keeps and exports everything."""

import sys
from typing import Any

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.stream import Stream

SCENARIOS = ("short_kill",)
CAUGHT_BY = "ordering"


class Recounting(Stream):
    """Tells numbers since its start."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._there = self._log.end

    def append(self, payload: bytes) -> int:
        return super().append(payload) - self._there


PARTS = Parts(stream=Recounting)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
