"""`python -m system.stream_manager.canary`: a stream manager that loses data on purpose.

It leaves the middle message out of every fourth batch and believes it delivered. Judges that do not find that out are
blind. It is part of the product, and goes wherever our server goes, so that every night can put them to the test.
"""

import sys
from dataclasses import replace
from itertools import count

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts, make_sinks
from system.stream_manager.export.batch import Batch, SinkResult
from system.stream_manager.settings import Settings

EVERY = 4


class Leaky:
    """Sinks that lose one message now and then.

    Args:
        settings: of the server.
    """

    def __init__(self, settings: Settings) -> None:
        self._sinks = make_sinks(settings)
        self._batches = count(1)

    def send(self, batch: Batch) -> SinkResult:
        """What comes of a batch, of which every fourth is sent without its middle."""
        middle = len(batch.messages) // 2
        if len(batch.messages) > 2 and next(self._batches) % EVERY == 0:
            rest = batch.messages[:middle] + batch.messages[middle + 1 :]
            return self._sinks.send(replace(batch, messages=rest))
        return self._sinks.send(batch)

    def close(self) -> None:
        """Give back what they hold."""
        self._sinks.close()


PARTS = Parts(sinks=Leaky)
"""What it is made of, for editions that take parts in the place of a command."""

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
