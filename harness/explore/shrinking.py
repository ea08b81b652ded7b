"""From a scenario that fails to a smaller one that fails in the same way, until nothing can be left out any more."""

from collections.abc import Callable, Sequence

from harness.explore.drawing import Document
from harness.explore.reductions import REDUCTIONS, ROUNDING, Reduction
from harness.explore.scenario_file import render

TRIES_MAX = 400


class Shrinker:
    """See the module. The same scenario is shrunk to the same one each time.

    Args:
        fails: whether a scenario is sound, and fails as the first one did.
        say: told of each that does.
        tries_max: after so many scenarios it is enough.

    Attributes:
        tries: how many have been tried out.
    """

    def __init__(
        self,
        fails: Callable[[Document], bool],
        say: Callable[[str], None],
        *,
        reductions: Sequence[Reduction] = REDUCTIONS,
        rounding: Sequence[Reduction] = ROUNDING,
        tries_max: int = TRIES_MAX,
    ) -> None:
        self.tries = 0
        self._fails = fails
        self._say = say
        self._reductions = reductions
        self._rounding = rounding
        self._tries_max = tries_max
        self._seen: set[bytes] = set()

    def shrink(self, document: Document) -> Document:
        """The smallest that was found.

        Args:
            document: it fails.
        """
        self._seen.add(render(document))
        while True:
            before = render(document)
            document = self._all(document, self._reductions)
            if render(document) == before or self.tries >= self._tries_max:
                return self._all(document, self._rounding)

    def _all(self, document: Document, reductions: Sequence[Reduction]) -> Document:
        for reduction in reductions:
            document = self._reduced(document, reduction)
        return document

    def _reduced(self, document: Document, reduction: Reduction) -> Document:
        """As small as one reduction can make it."""
        while (smaller := self._first(document, reduction)) is not None:
            document = smaller
            self._say(f"{self.tries:4} tried | {told(document)} | {_name(reduction)}")
        return document

    def _first(self, document: Document, reduction: Reduction) -> Document | None:
        for candidate in reduction(document):
            if self.tries >= self._tries_max:
                return None
            content = render(candidate)
            if content in self._seen:
                continue
            self._seen.add(content)
            self.tries += 1
            if self._fails(candidate):
                return candidate
        return None


def told(document: Document) -> str:
    """How large a scenario is, in a few words."""
    steps, workload = len(document["steps"]), document["workload"]
    rate = workload.get("rate", "20/s")
    return f"{steps} {'fault' if steps == 1 else 'faults'}, {workload['run_for']}, {rate}"


def _name(reduction: Reduction) -> str:
    return reduction.__name__.replace("_", " ")
