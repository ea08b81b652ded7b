"""A link that changes a byte of one message in some requests."""

from dataclasses import replace

from harness.environments.simulated.replacements import Replacements
from harness.environments.simulated.request import Request
from harness.environments.simulated.uplink import Links
from harness.zoo.often import chosen, flipped

SCENARIOS = ("short_outage",)
CAUGHT_BY = "loss"


class Changed(Request):
    """Arrives as something else."""

    def _arrive(self) -> None:
        if chosen(self._put, 7):
            first, *rest = self._put.payloads
            self._put = replace(self._put, payloads=[flipped(first), *rest])
        super()._arrive()


class ChangedLinks(Links):
    """Made of such requests."""

    request = Changed


REPLACEMENTS = Replacements(links=ChangedLinks)
