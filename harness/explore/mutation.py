"""A scenario becomes another one that is close to it."""

import copy
from typing import Any

from harness.explore.dice import Dice
from harness.explore.drawing import RUN_MS, Document, draw
from harness.explore.scenario_file import is_sound
from harness.scenario.quantities import parse_duration_ms, render_duration

TRIES = 20
"""Most changes are sound; where so many are not, only the seed of the world is another."""

SEEDS = 1_000_000_000


def mutate(document: Document, dice: Dice, run_ms: tuple[int, int] = RUN_MS) -> Document:
    """A sound scenario with one to three changes.

    Args:
        run_ms: how long a stranger runs of whom something is taken, at least and at most.
    """
    for _ in range(TRIES):
        changed = copy.deepcopy(document)
        changed["seed"] = dice.between(0, SEEDS)
        for _ in range(dice.between(1, 3)):
            dice.one_of(CHANGES)(changed, dice, run_ms)
        if is_sound(changed):
            return changed
    return {**document, "seed": dice.between(0, SEEDS)}


def _drop(document: Document, dice: Dice, _run_ms: tuple[int, int]) -> None:
    steps = document["steps"]
    if len(steps) > 1:
        steps.pop(dice.between(0, len(steps) - 1))


def _move(document: Document, dice: Dice, _run_ms: tuple[int, int]) -> None:
    step = dice.one_of(document["steps"])
    key = "at" if "at" in step else "from"
    step[key] = _scaled(step[key], dice)


def _stretch(document: Document, dice: Dice, _run_ms: tuple[int, int]) -> None:
    step = dice.one_of(document["steps"])
    if "for" in step:
        step["for"] = _scaled(step["for"], dice)


def _graft(document: Document, dice: Dice, run_ms: tuple[int, int]) -> None:
    """Steps of a stranger."""
    other = draw(dice.between(0, SEEDS), run_ms)
    document["steps"].extend(dice.some_of(other["steps"]))


def _repeat(document: Document, dice: Dice, _run_ms: tuple[int, int]) -> None:
    """One of its steps once more, later or earlier."""
    step = copy.deepcopy(dice.one_of(document["steps"]))
    key = "at" if "at" in step else "from"
    step[key] = _scaled(step[key], dice)
    document["steps"].append(step)


def _swap_part(document: Document, dice: Dice, run_ms: tuple[int, int]) -> None:
    """A part of a stranger in the place of its own."""
    other = draw(dice.between(0, SEEDS), run_ms)
    if dice.chance(0.3):
        document["link"] = other["link"]
        return
    # What is judged depends on what the site is.
    for key in ("workload", "site", "judge"):
        document[key] = other[key]


CHANGES = (_drop, _move, _move, _stretch, _stretch, _graft, _repeat, _swap_part)


def _scaled(duration: Any, dice: Dice) -> str:
    milliseconds = parse_duration_ms(duration) * dice.spread(0.4, 2.5)
    return render_duration(max(1, round(milliseconds / 1000)) * 1000)
