"""A cloud that says of some requests that it kept them, and did not."""

from harness.environments.simulated.cloud import SimulatedCloud
from harness.environments.simulated.replacements import Replacements
from harness.environments.simulated.targets import Answer
from harness.taps.puts import Put
from harness.zoo.often import chosen

SCENARIOS = ("short_outage",)
CAUGHT_BY = "loss"
SAYS = "unknown"


class Forgetful(SimulatedCloud):
    """Says yes to everything."""

    def _put(self, service: str, put: Put) -> Answer:
        return Answer() if chosen(put, 7) else super()._put(service, put)


REPLACEMENTS = Replacements(cloud=Forgetful)
