"""An aggregator that leaves every fiftieth reading out of its window."""

from itertools import count
from typing import Any

from harness.environments.simulated.functions import StreamAggregator
from harness.environments.simulated.replacements import Replacements

SCENARIOS = ("short_aggregator_kill",)
CAUGHT_BY = "aggregates"


class Inattentive(StreamAggregator):
    """Misses some."""

    def prepare(self) -> None:
        super().prepare()
        module = self.code["stream_aggregator"]
        parse, read = module.parse, count(1)

        def missing(payload: bytes) -> Any:
            return None if next(read) % 50 == 0 else parse(payload)

        module.parse = missing


REPLACEMENTS = Replacements(aggregator=Inattentive)
