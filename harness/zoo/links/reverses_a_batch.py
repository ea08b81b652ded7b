"""A link that turns the messages of some requests round."""

from dataclasses import replace

from harness.environments.simulated.replacements import Replacements
from harness.environments.simulated.request import Request
from harness.environments.simulated.uplink import Links
from harness.zoo.often import chosen

SCENARIOS = ("short_outage",)
CAUGHT_BY = "ordering"


class Reversed(Request):
    """Arrives with its last message first."""

    def _arrive(self) -> None:
        if chosen(self._put, 4):
            self._put = replace(self._put, payloads=self._put.payloads[::-1])
        super()._arrive()


class ReversedLinks(Links):
    """Made of such requests."""

    request = Reversed


REPLACEMENTS = Replacements(links=ReversedLinks)
