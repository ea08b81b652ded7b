"""A cloud that stores some requests twice."""

from harness.environments.simulated.cloud import SimulatedCloud
from harness.environments.simulated.replacements import Replacements
from harness.environments.simulated.targets import Answer
from harness.taps.puts import Put
from harness.zoo.often import chosen

SCENARIOS = ("short_outage",)
CAUGHT_BY = "duplication"


class Twice(SimulatedCloud):
    """Keeps more than it was sent."""

    def _put(self, service: str, put: Put) -> Answer:
        if chosen(put, 7):
            super()._put(service, put)
        return super()._put(service, put)


REPLACEMENTS = Replacements(cloud=Twice)
