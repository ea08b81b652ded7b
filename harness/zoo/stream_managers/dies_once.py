"""Sound: a stream manager that dies by itself, once, behind a request that the cloud has answered."""

import os
import signal
import sys
import time
from pathlib import Path

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts, make_sinks
from system.stream_manager.export.batch import Batch, SinkResult
from system.stream_manager.settings import Settings

SCENARIOS = (
    "short_outage",
    "short_resets",
)
CAUGHT_BY = None
AFTER_S = 9.0


class Mortal:
    """Sinks that end their process some time after the first batch."""

    def __init__(self, settings: Settings) -> None:
        self._sinks = make_sinks(settings)
        self._died = Path(settings.store) / "died"
        self._ends_s = 0.0

    def send(self, batch: Batch) -> SinkResult:
        self._ends_s = self._ends_s or time.monotonic() + AFTER_S
        result = self._sinks.send(batch)
        if time.monotonic() > self._ends_s and not self._died.exists():
            self._died.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    def close(self) -> None:
        self._sinks.close()


if __name__ == "__main__":
    sys.exit(main(parts=Parts(sinks=Mortal)))
