"""A cloud that says it kept a whole request, and holds all of it but the last message."""

from dataclasses import replace

from harness.environments.simulated.cloud import SimulatedCloud
from harness.environments.simulated.replacements import Replacements
from harness.environments.simulated.targets import Answer
from harness.taps.puts import Put
from harness.zoo.often import chosen

SCENARIOS = ("short_outage",)
CAUGHT_BY = "loss"
SAYS = "unknown"


class Forgetful(SimulatedCloud):
    """Keeps a little less than it says."""

    def _put(self, service: str, put: Put) -> Answer:
        if chosen(put, 7):
            put = replace(put, payloads=put.payloads[:-1])
        return super()._put(service, put)


REPLACEMENTS = Replacements(cloud=Forgetful)
