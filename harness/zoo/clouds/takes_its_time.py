"""Sound: a cloud that needs half a second for some requests."""

from collections.abc import Callable

from harness.environments.simulated.cloud import SimulatedCloud
from harness.environments.simulated.replacements import Replacements
from harness.environments.simulated.targets import Answer
from harness.taps.puts import Put
from harness.zoo.often import chosen

SCENARIOS = ("short_outage", "short_priority")
CAUGHT_BY = None
THINKING_MS = 500.0


class Slow(SimulatedCloud):
    """Thinks for longer."""

    def take(self, service: str, put: Put, answered: Callable[[Answer], None]) -> None:
        wait_ms = THINKING_MS if chosen(put, 3) else 0.0
        self._world.after(wait_ms, lambda: super(Slow, self).take(service, put, answered))


REPLACEMENTS = Replacements(cloud=Slow)
