"""Sound: a cloud that does not take every message of a request, and says which."""

from dataclasses import replace
from typing import Any

from harness.environments.simulated.cloud import SimulatedCloud
from harness.environments.simulated.replacements import Replacements
from harness.environments.simulated.targets import Answer
from harness.taps.puts import Put
from harness.zoo.often import chosen

SCENARIOS = ("short_outage",)
CAUGHT_BY = None


class Picky(SimulatedCloud):
    """Takes the rest when it comes again."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._refused: set[bytes] = set()

    def _put(self, service: str, put: Put) -> Answer:
        first = put.payloads[0]
        if len(put.payloads) < 2 or not chosen(put, 5) or first in self._refused:
            return super()._put(service, put)
        self._refused.add(first)
        super()._put(service, replace(put, payloads=put.payloads[1:]))
        return Answer(rejected=(0,), error="ThrottlingException: slow down")


REPLACEMENTS = Replacements(cloud=Picky)
