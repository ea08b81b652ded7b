"""An aggregator that reads the last windows again after a restart, as if it had not made them."""

from typing import Any

from harness.environments.simulated.functions import StreamAggregator
from harness.environments.simulated.replacements import Replacements

SCENARIOS = ("short_aggregator_kill",)
CAUGHT_BY = "aggregates"


class Forgetful(StreamAggregator):
    """Knows where to read, and not what it has done."""

    def prepare(self) -> None:
        super().prepare()
        module = self.code["stream_aggregator"]
        resume = module.resume

        def again(aggregates: list[Any]) -> tuple[int, Any]:
            position, windows = resume(aggregates)
            windows.emitted.clear()
            return position, windows

        module.resume = again


REPLACEMENTS = Replacements(aggregator=Forgetful)
