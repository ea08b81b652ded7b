"""Sound: a stream manager that waits a random part of its back-off."""

import sys
from random import Random

from system.stream_manager.__main__ import main
from system.stream_manager.export.backoff import Backoff

WAIT_MS = Backoff.wait_ms
DICE = Random(7)


def jittered_ms(backoff: Backoff) -> int:
    """Between nothing and all of it."""
    return int(WAIT_MS.fget(backoff) * DICE.random())


if __name__ == "__main__":
    Backoff.wait_ms = property(jittered_ms)
    sys.exit(main())
