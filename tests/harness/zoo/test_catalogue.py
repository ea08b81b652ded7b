"""Every file of the zoo tells what it is, where it is judged and who has to find it."""

import pytest

from harness.scenario.catalogue import load_all
from harness.zoo.catalogue import SCENARIOS, Inhabitant, Kind, inhabitants, scenario_file, scenarios

EVERYBODY = inhabitants()


def test_there_are_broken_ones_of_each_kind() -> None:
    broken = [each for each in EVERYBODY if not each.sound]
    assert {each.kind for each in broken} == set(Kind)
    assert len(broken) >= 20


@pytest.mark.parametrize("inhabitant", EVERYBODY, ids=lambda each: each.file)
def test_it_says_what_it_does_and_who_has_to_find_it(inhabitant: Inhabitant) -> None:
    loaded = load_all([scenario_file(name) for name in inhabitant.scenarios])
    judges = {judge.name for each in loaded for judge in each.scenario.judges}
    assert inhabitant.caught_by is None or inhabitant.caught_by in judges
    assert inhabitant.sound == inhabitant.what.startswith("Sound: ")


def test_every_scenario_of_the_zoo_is_sound_and_used() -> None:
    used = {name for each in EVERYBODY for name in each.scenarios}
    assert {each.scenario.scenario for each in load_all([SCENARIOS])} == set(scenarios()) == used
