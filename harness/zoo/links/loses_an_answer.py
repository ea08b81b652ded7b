"""Sound: a link that closes a connection now and then instead of bringing the answer."""

from harness.environments.simulated.link import CLOUD
from harness.environments.simulated.replacements import Replacements
from harness.environments.simulated.request import Request
from harness.environments.simulated.uplink import Links
from harness.zoo.often import chosen

SCENARIOS = ("short_outage", "short_kill")
CAUGHT_BY = None


class Unanswered(Request):
    """Was kept, and its sender is not told so."""

    def _back(self) -> None:
        connection = self._connection
        # On a new connection it gets through, so that this ends.
        if connection is not None and chosen(self._put, 9) and connection._requests > 1:
            connection.close(CLOUD)
        else:
            super()._back()


class UnansweredLinks(Links):
    """Made of such requests."""

    request = Unanswered


REPLACEMENTS = Replacements(links=UnansweredLinks)
