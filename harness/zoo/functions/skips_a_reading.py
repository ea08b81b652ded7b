"""A sensor source that makes every fiftieth reading and tells nobody of it."""

from itertools import count

from harness.environments.simulated.functions import SensorSource
from harness.environments.simulated.replacements import Replacements

SCENARIOS = ("short_throughput",)
CAUGHT_BY = "throughput"


class Skipping(SensorSource):
    """Publishes the others."""

    def prepare(self) -> None:
        super().prepare()
        publish, made = self._publish, count(1)
        self._publish = lambda payload: None if next(made) % 50 == 0 else publish(payload)


REPLACEMENTS = Replacements(source=Skipping)
