"""A link that leaves the last message out of some requests."""

from dataclasses import replace

from harness.environments.simulated.replacements import Replacements
from harness.environments.simulated.request import Request
from harness.environments.simulated.uplink import Links
from harness.zoo.often import chosen

SCENARIOS = ("short_outage",)
CAUGHT_BY = "loss"


class Shortened(Request):
    """Arrives without its end."""

    def _arrive(self) -> None:
        if chosen(self._put, 5):
            self._put = replace(self._put, payloads=self._put.payloads[:-1])
        super()._arrive()


class ShortenedLinks(Links):
    """Made of such requests."""

    request = Shortened


REPLACEMENTS = Replacements(links=ShortenedLinks)
