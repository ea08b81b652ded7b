"""How long the swarm takes to find what is broken, and how short the story becomes: for one inhabitant of the zoo."""

from collections.abc import Callable
from dataclasses import dataclass

from harness.explore.attempt import Attempt, attempt
from harness.explore.drawing import RUN_MS
from harness.explore.failing import Likewise, accusations
from harness.explore.lineage import scenario_of
from harness.explore.shrinking import Shrinker
from harness.explore.story import story
from harness.explore.swarm import Swarm

SEEDS_MAX = 500
FAULTS_MAX = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunted:
    """What came of it.

    Attributes:
        scenarios: how many were tried out, the one that failed included.
        failure: the first one.
        faults: how many are left in the shrunk scenario.
        tries: how many scenarios shrinking took.
        story: of the shrunk scenario.
    """

    scenarios: int
    failure: Attempt
    faults: int
    tries: int
    story: str


def first_failure(
    stream_manager: str, *, first_seed: int = 1, count: int = SEEDS_MAX
) -> tuple[int, Attempt] | None:
    """How many scenarios it took, and the first of them that failed; None: none did."""
    swarm = Swarm(first_seed)
    for number in range(count):
        found = attempt(swarm.lineage(number), RUN_MS, stream_manager)
        if found.failed:
            return number + 1, found
        swarm.take(number, found)
    return None


def hunt(
    stream_manager: str, *, first_seed: int = 1, say: Callable[[str], None] = lambda text: None
) -> Hunted | None:
    """Find it and shrink it; None: it was not found."""
    caught = first_failure(stream_manager, first_seed=first_seed)
    if caught is None:
        return None
    scenarios, failure = caught
    checker = (failure.accused_by or (failure.verdict,))[0]
    shrinker = Shrinker(Likewise(checker, stream_manager), say)
    small = shrinker.shrink(scenario_of(failure.lineage))
    finding = accusations(small, stream_manager)[checker]
    return Hunted(
        scenarios=scenarios,
        failure=failure,
        faults=len(small["steps"]),
        tries=shrinker.tries,
        story=story(small, f"{checker}: {finding}"),
    )
