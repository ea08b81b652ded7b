"""A producer that holds each message back for a second."""

from harness.environments.simulated.functions import StreamProducer
from harness.environments.simulated.replacements import Replacements

SCENARIOS = ("short_throughput",)
CAUGHT_BY = "throughput"
LATE_MS = 1_000.0


class Late(StreamProducer):
    """Appends in order, and not in time."""

    def publish(self, payload: bytes) -> None:
        self.world.after(LATE_MS, lambda: super(Late, self).publish(payload))


REPLACEMENTS = Replacements(producer=Late)
