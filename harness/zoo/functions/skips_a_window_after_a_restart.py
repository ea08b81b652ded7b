"""An aggregator that begins again a window further than an earlier life was."""

from typing import Any

from harness.environments.simulated.functions import StreamAggregator
from harness.environments.simulated.replacements import Replacements

SCENARIOS = ("short_aggregator_kill",)
CAUGHT_BY = "aggregates"
WINDOW_MESSAGES = 200


class Careless(StreamAggregator):
    """Remembers where it was, and not quite."""

    def prepare(self) -> None:
        super().prepare()
        module = self.code["stream_aggregator"]
        resume = module.resume

        def further(aggregates: list[Any]) -> tuple[int, Any]:
            position, windows = resume(aggregates)
            if aggregates:
                position = WINDOW_MESSAGES + max(windows.emitted.values())
            return position, windows

        module.resume = further


REPLACEMENTS = Replacements(aggregator=Careless)
