"""A link that sends a request to the cloud once more, after it was answered."""

from harness.environments.simulated.replacements import Replacements
from harness.environments.simulated.request import Request
from harness.environments.simulated.uplink import Links
from harness.zoo.often import chosen

SCENARIOS = ("short_outage",)
CAUGHT_BY = "duplication"
AGAIN_MS = 300.0


class Repeated(Request):
    """Comes again behind its answer."""

    def _arrive(self) -> None:
        super()._arrive()
        if chosen(self._put, 5):
            again = Request(self._way, self._link, self._put, lambda result: None)
            self._way.world.after(AGAIN_MS, again._arrive)


class RepeatedLinks(Links):
    """Made of such requests."""

    request = Repeated


REPLACEMENTS = Replacements(links=RepeatedLinks)
