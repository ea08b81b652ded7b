"""A cloud that holds messages which nobody sent."""

from dataclasses import replace

from harness.environments.simulated.cloud import SimulatedCloud
from harness.environments.simulated.replacements import Replacements
from harness.environments.simulated.targets import Answer
from harness.taps.puts import Put
from harness.zoo.often import chosen

SCENARIOS = ("short_outage",)
CAUGHT_BY = "duplication"


class Inventive(SimulatedCloud):
    """Adds something of its own."""

    def _put(self, service: str, put: Put) -> Answer:
        if chosen(put, 7):
            put = replace(put, payloads=[*put.payloads, b"made up"])
        return super()._put(service, put)


REPLACEMENTS = Replacements(cloud=Inventive)
