"""The same scenario files in virtual time: valid with ours, and the same verdicts as in `local` with the zoo."""

from collections.abc import Callable

import pytest

from harness.explore.trial import Trial
from harness.zoo.catalogue import Inhabitant, inhabitants

HERE = [each for each in inhabitants() if each.stands_in is not None]


@pytest.mark.parametrize(
    "name", ["cloud_outage", "priority_after_outage", "overwrite_on_full", "throughput_20hz"]
)
def test_the_main_scenarios_are_valid(tried: Callable[..., Trial], name: str) -> None:
    trial = tried(name)
    assert trial.failed == ""
    assert trial.judgement.verdict == "valid", trial.judgement.reason


@pytest.mark.parametrize("inhabitant", HERE, ids=lambda each: each.name)
def test_the_zoo_is_judged_as_it_is_in_the_real_editions(
    tried: Callable[..., Trial], inhabitant: Inhabitant
) -> None:
    for scenario in inhabitant.scenarios:
        judgement = tried(scenario, inhabitant.stands_in).judgement
        found = {each.name for each in judgement.checkers if each.verdict == inhabitant.says}
        expected = "valid" if inhabitant.sound else inhabitant.says
        assert judgement.verdict == expected, judgement.reason
        assert inhabitant.sound or inhabitant.caught_by in found, judgement.reason


def test_a_link_that_never_goes_down_proves_nothing(tried: Callable[..., Trial]) -> None:
    assert tried("never_down").judgement.verdict == "unknown"
