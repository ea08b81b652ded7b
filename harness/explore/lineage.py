"""Where a scenario of the swarm comes from: a seed, and the changes that were made to what it drew.

`812` is what the seed 812 draws; `812.3` is that, changed by the third roll of dice; `812.3.40` that, changed again.
The name alone makes the scenario, whenever it is made.
"""

from harness.explore.dice import Dice
from harness.explore.drawing import RUN_MS, Document, draw
from harness.explore.mutation import mutate


def scenario_of(lineage: str, run_ms: tuple[int, int] = RUN_MS) -> Document:
    """The scenario as a mapping; it is sound.

    Args:
        run_ms: see `draw`.
    """
    seed, *changes = lineage.split(".")
    document = draw(int(seed), run_ms)
    for depth, _ in enumerate(changes, start=1):
        path = ".".join(changes[:depth])
        document = mutate(document, Dice(f"explore/{seed}/{path}"), run_ms)
    return {
        **document,
        "scenario": f"explored_{lineage.replace('.', '_')}",
        "description": _told(lineage),
    }


def child(lineage: str, number: int) -> str:
    """The name of a change to it."""
    return f"{lineage}.{number}"


def _told(lineage: str) -> str:
    seed, *changes = lineage.split(".")
    if not changes:
        return f"Drawn from seed {seed}."
    return f"Drawn from seed {seed}, and changed by {', '.join(changes)}."
