"""A link that answers some requests itself and sends them on two seconds later."""

from harness.environments.simulated.replacements import Replacements
from harness.environments.simulated.request import HEADERS_BYTES, Place, Request
from harness.environments.simulated.uplink import Links
from harness.fault.direction import Lost
from harness.zoo.often import chosen
from system.stream_manager.export.batch import Delivered

SCENARIOS = ("short_outage",)
CAUGHT_BY = "ordering"
LATER_MS = 2_000.0


class Postponed(Request):
    """Is answered long before it arrives."""

    def _arrive(self) -> None:
        if not chosen(self._put, 5):
            super()._arrive()
            return
        later = Request(self._way, self._link, self._put, lambda result: None)
        self._way.world.after(LATER_MS, later._arrive)
        self._place = Place.DOWN
        self._result = Delivered()
        self._go(Lost.ANSWERS, HEADERS_BYTES, self._back)


class PostponedLinks(Links):
    """Made of such requests."""

    request = Postponed


REPLACEMENTS = Replacements(links=PostponedLinks)
