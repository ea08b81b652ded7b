"""Which scenario of an exploration comes when. Pure: what was found so far goes in, names of scenarios come out.

Three of four are what the seeds draw, in their order. One of four is a change to a scenario that reached states which
none before it had reached. Scenarios come in generations, and a change is made to one of the generations before the
last: so the names depend on what came of runs, never on which of them ended first or on how many ran side by side.
"""

from dataclasses import dataclass, field

from harness.checkers.verdict import Ruling
from harness.explore.attempt import Attempt
from harness.explore.dice import Dice
from harness.explore.lineage import child

GENERATION = 32
CHANGED_EVERY = 4
PARENTS_MAX = 64
"""Changes are made to the newest of those that reached something new."""


@dataclass(slots=True)
class Swarm:
    """See the module.

    Args:
        first_seed: of the scenarios that are drawn.

    Attributes:
        reached: how many runs have reached each state.
        parents: scenarios that reached new ones, in the order of their numbers.
    """

    first_seed: int
    reached: dict[str, int] = field(default_factory=dict)
    parents: list[str] = field(default_factory=list)
    _known: dict[int, Attempt] = field(default_factory=dict)
    _closed: int = 0
    _parents_before: list[int] = field(default_factory=lambda: [0, 0])

    def ready(self, number: int) -> bool:
        """Whether it is known already which scenario is the one of this number, counted from 0."""
        return number // GENERATION <= self._closed + 1

    def lineage(self, number: int) -> str:
        """The scenario of a number; only when it is ready."""
        generation, place = divmod(number, GENERATION)
        parents = self.parents[: self._parents_before[generation]][-PARENTS_MAX:]
        if place % CHANGED_EVERY == CHANGED_EVERY - 1 and parents:
            return child(Dice(f"explore/{self.first_seed}/{number}").one_of(parents), number)
        # The seed is that of its number: none is drawn twice, and each can be told from its place.
        return str(self.first_seed + number)

    def take(self, number: int, attempt: Attempt) -> None:
        """What came of the scenario of this number; in any order."""
        self._known[number] = attempt
        while self._is_complete(self._closed):
            self._close()

    def _is_complete(self, generation: int) -> bool:
        first = generation * GENERATION
        return all(number in self._known for number in range(first, first + GENERATION))

    def _close(self) -> None:
        first = self._closed * GENERATION
        for number in range(first, first + GENERATION):
            self._count(self._known.pop(number))
        self._closed += 1
        self._parents_before.append(len(self.parents))

    def _count(self, attempt: Attempt) -> None:
        new = [state for state in attempt.states if state not in self.reached]
        for state in attempt.states:
            self.reached[state] = self.reached.get(state, 0) + 1
        if new and attempt.verdict in (Ruling.VALID, Ruling.UNKNOWN):
            self.parents.append(attempt.lineage)
