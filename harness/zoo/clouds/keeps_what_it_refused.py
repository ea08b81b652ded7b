"""A cloud that refuses some requests once, and stores them all the same."""

from typing import Any

from harness.environments.simulated.cloud import SimulatedCloud
from harness.environments.simulated.replacements import Replacements
from harness.environments.simulated.targets import Answer
from harness.taps.puts import Put
from harness.zoo.often import chosen

SCENARIOS = ("short_outage",)
CAUGHT_BY = "duplication"


class Contrary(SimulatedCloud):
    """Says no and does it."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._refused: set[bytes] = set()

    def _put(self, service: str, put: Put) -> Answer:
        answer = super()._put(service, put)
        first = put.payloads[0]
        if not chosen(put, 5) or first in self._refused:
            return answer
        self._refused.add(first)
        return Answer(status=400, error="LimitExceededException: not now")


REPLACEMENTS = Replacements(cloud=Contrary)
