"""A stream manager that stores its cursors every tenth time only: a restart repeats what was answered long before."""

import sys

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.export.exporters import Exporters

SCENARIOS = ("short_kill",)
CAUGHT_BY = "duplication"


class Rarely(Exporters):
    """Stores them now and then."""

    _times = 0

    def _store(self, name: str, *, durable: bool) -> None:
        self._times += 1
        if self._times % 10 == 0:
            super()._store(name, durable=durable)


PARTS = Parts(exporters=Rarely)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
