"""A cloud that holds something else than it was sent."""

from dataclasses import replace

from harness.environments.simulated.cloud import SimulatedCloud
from harness.environments.simulated.replacements import Replacements
from harness.environments.simulated.targets import Answer
from harness.taps.puts import Put
from harness.zoo.often import chosen, flipped

SCENARIOS = ("short_outage",)
CAUGHT_BY = "duplication"


class Changing(SimulatedCloud):
    """Has a bad memory."""

    def _put(self, service: str, put: Put) -> Answer:
        if chosen(put, 7):
            first, *rest = put.payloads
            put = replace(put, payloads=[flipped(first), *rest])
        return super()._put(service, put)


REPLACEMENTS = Replacements(cloud=Changing)
