"""The order of scenarios hangs on what came of them, not on who was first."""

from harness.explore.attempt import Attempt
from harness.explore.swarm import CHANGED_EVERY, GENERATION, Swarm

COUNT = 4 * GENERATION


def made_up(lineage: str) -> Attempt:
    """What comes of a scenario: a state for each of its changes and, for some seeds, one of its own."""
    seed = int(lineage.split(".")[0])
    return Attempt(lineage=lineage, verdict="valid", states=(f"s{seed % 50}", f"d{len(lineage)}"))


def names(backwards: bool) -> list[str]:
    """The names of COUNT scenarios, of which those that are ready end in their order, or the last first."""
    swarm, found, under_way = Swarm(1), [], []
    while len(found) < COUNT:
        while len(found) < COUNT and swarm.ready(len(found)):
            found.append(swarm.lineage(len(found)))
            under_way.append(len(found) - 1)
        for number in sorted(under_way, reverse=backwards):
            swarm.take(number, made_up(found[number]))
        under_way.clear()
    return found


def test_the_names_do_not_hang_on_which_run_ends_first() -> None:
    assert names(backwards=False) == names(backwards=True)


def test_at_first_every_seed_is_drawn_and_later_some_are_changed() -> None:
    found = names(backwards=False)
    assert found[:GENERATION] == [str(seed) for seed in range(1, GENERATION + 1)]
    changed = [name for name in found if "." in name]
    assert len(changed) == 2 * GENERATION // CHANGED_EVERY
    assert len(set(found)) == COUNT


def test_only_what_reached_something_new_is_changed() -> None:
    swarm = Swarm(1)
    for number in range(GENERATION):
        swarm.take(number, Attempt(lineage=str(1 + number), verdict="valid", states=("same",)))
    assert swarm.parents == ["1"]
    assert swarm.reached == {"same": GENERATION}


def test_what_failed_is_not_changed_for_it_would_fail_again() -> None:
    swarm = Swarm(1)
    for number in range(GENERATION):
        found = Attempt(lineage=str(1 + number), verdict="invalid", states=(f"s{number}",))
        swarm.take(number, found)
    assert swarm.parents == []
