"""A stream manager that begins again at the oldest message whenever it is started."""

import sys

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.export.exporters import Exporters
from system.stream_manager.stream import Stream

SCENARIOS = ("short_kill",)
CAUGHT_BY = "duplication"


class Forgetful(Exporters):
    """Remembers nothing of an earlier life."""

    def open(self, stream: Stream, folder: str) -> None:
        self._streams[stream.name] = stream, folder
        self.define(stream)


PARTS = Parts(exporters=Forgetful)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
