"""Sound: a cloud that stores some requests, once, and answers that it failed."""

from typing import Any

from harness.environments.simulated.cloud import SimulatedCloud
from harness.environments.simulated.replacements import Replacements
from harness.environments.simulated.targets import Answer
from harness.taps.puts import Put
from harness.zoo.often import chosen

SCENARIOS = ("short_outage",)
CAUGHT_BY = None


class Stumbling(SimulatedCloud):
    """Does it and cannot say so."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._failed: set[bytes] = set()

    def _put(self, service: str, put: Put) -> Answer:
        answer = super()._put(service, put)
        first = put.payloads[0]
        if not chosen(put, 5) or first in self._failed:
            return answer
        self._failed.add(first)
        return Answer(status=500, error="InternalFailure: it broke")


REPLACEMENTS = Replacements(cloud=Stumbling)
