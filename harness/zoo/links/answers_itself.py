"""A link that answers now and then in the place of the cloud, which never sees the request."""

from harness.environments.simulated.replacements import Replacements
from harness.environments.simulated.request import HEADERS_BYTES, Place, Request
from harness.environments.simulated.uplink import Links
from harness.fault.direction import Lost
from harness.zoo.often import chosen
from system.stream_manager.export.batch import Delivered

SCENARIOS = ("short_outage",)
CAUGHT_BY = "loss"


class Answering(Request):
    """Goes no further than the link."""

    def _arrive(self) -> None:
        if not chosen(self._put, 7):
            super()._arrive()
            return
        self._place = Place.DOWN
        self._result = Delivered()
        self._go(Lost.ANSWERS, HEADERS_BYTES, self._back)


class AnsweringLinks(Links):
    """Made of such requests."""

    request = Answering


REPLACEMENTS = Replacements(links=AnsweringLinks)
