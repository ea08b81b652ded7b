"""The same scenario files in virtual time: valid with ours, and the same verdicts as in `local` with the zoo."""

import re
from collections.abc import Callable

import pytest

from harness.explore.trial import Trial

from .conftest import ROOT

# Those that are broken by their own process, their own clock, or a constant of the module.
NOT_HERE = {
    "charges_64_bytes",
    "charges_nothing",
    "dies_once",
    "forgets_the_cursor",
    "jittered_back_off",
    "minimal_server",
    "slow_to_answer",
    "stores_the_cursor_early",
    "stores_the_cursor_rarely",
}
ROW = re.compile(r"^\| `(\w+)` \| .*? \| (.*?) \|(?: (.*?) \|)?$", re.MULTILINE)
NAMES = re.compile(r"`(\w+)`")
NAMED = re.compile("loss|duplication|ordering|priority|overwrite")


def inhabitants() -> list[tuple[str, str, str]]:
    """Name, scenario and what `docs/reference/zoo.md` says of it, for each that can live here."""
    rows = ROW.findall((ROOT / "docs/reference/zoo.md").read_text())
    return [
        (name, scenario, caught)
        for name, scenarios, caught in rows
        for scenario in NAMES.findall(scenarios)
        if name not in NOT_HERE
    ]


@pytest.mark.parametrize(
    "name", ["cloud_outage", "priority_after_outage", "overwrite_on_full", "throughput_20hz"]
)
def test_the_main_scenarios_are_valid(tried: Callable[..., Trial], name: str) -> None:
    trial = tried(name)
    assert trial.failed == ""
    assert trial.judgement.verdict == "valid", trial.judgement.reason


@pytest.mark.parametrize(("name", "scenario", "caught"), inhabitants())
def test_the_zoo_is_judged_as_it_is_in_the_real_editions(
    tried: Callable[..., Trial], name: str, scenario: str, caught: str
) -> None:
    judgement = tried(scenario, name).judgement
    accused = {each.name for each in judgement.checkers if each.verdict == "invalid"}
    # The first one named accuses in every run; whether others do as well may hang on a few milliseconds.
    watching = NAMED.findall(caught)
    assert accused >= set(watching[:1]), judgement.reason
    assert judgement.verdict == ("invalid" if watching else "valid"), judgement.reason


def test_the_inhabitants_that_cannot_live_here_are_named() -> None:
    there = {file.stem for file in (ROOT / "tests/zoo").glob("*.py")}
    assert there >= NOT_HERE
    assert len(inhabitants()) >= 25


def test_a_link_that_never_goes_down_proves_nothing(tried: Callable[..., Trial]) -> None:
    assert tried("never_down").judgement.verdict == "unknown"
