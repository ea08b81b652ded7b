"""The swarm finds what is broken, and shrinks it to a story of at most three faults."""

from pathlib import Path

import pytest

from harness.explore.attempt import Attempt, attempt
from harness.explore.drawing import RUN_MS
from harness.explore.figures import BEGIN, END, HUNTED, NOT_FOUND, PAGE, write
from harness.explore.hunting import FAULTS_MAX, SEEDS_MAX, Hunted, hunt

from .conftest import ROOT

# Seeds that have failed: so a sample of the hunt is in the ordinary suite.
FAILED = {
    "drops_the_batch_in_flight": "2",
    "acknowledges_unstored": "1",
}


@pytest.mark.parametrize(("name", "lineage"), FAILED.items())
def test_a_seed_that_failed_still_does(name: str, lineage: str) -> None:
    found = attempt(lineage, RUN_MS, f"harness.zoo.stream_managers.{name}:PARTS")
    assert found.accused_by[0] == "loss", found.reason


@pytest.mark.parametrize("lineage", FAILED.values())
def test_the_same_seed_accuses_nobody_of_what_is_sound(lineage: str) -> None:
    assert not attempt(lineage, RUN_MS, None).failed


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("broken", HUNTED.values())
def test_what_is_broken_is_found_and_its_story_is_short(broken: str) -> None:
    hunted = hunt(f"harness.zoo.{broken}")
    assert hunted is not None
    assert hunted.scenarios <= SEEDS_MAX
    assert hunted.faults <= FAULTS_MAX, hunted.story


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_a_sound_server_is_never_accused() -> None:
    accused = [seed for seed in range(1, 201) if attempt(str(seed), RUN_MS, None).failed]
    assert accused == []


WHAT, OTHER, *REST = HUNTED


@pytest.fixture
def page(tmp_path: Path) -> Path:
    page = tmp_path / "page.md"
    row = f"| {OTHER} | 7 | loss | 1 | 2 | Once. |"
    page.write_text(
        f"before\n{BEGIN}\n| {WHAT} | old |\n{row}\n| nobody hunts this | 3 |\n{END}\nafter\n"
    )
    return page


def rows(page: Path) -> dict[str, str]:
    cells = [line.split(" | ") for line in page.read_text().splitlines() if line.startswith("| ")]
    return {what.removeprefix("| "): second for what, second, *_ in cells}


def test_figures_that_are_not_made_anew_stay_and_who_has_none_is_named(page: Path) -> None:
    failure = Attempt(lineage="5", verdict="invalid", accused_by=("loss",))
    found = Hunted(scenarios=5, failure=failure, faults=1, tries=40, story="At 1s a|b. Then loss")
    write(page, [WHAT], lambda named: found)
    text = page.read_text()
    assert text.startswith(f"before\n{BEGIN}\n") and text.endswith(f"{END}\nafter\n")
    assert f"| {WHAT} | 5 | loss | 1 | 40 | At 1s a/b. Then loss |\n" in text
    figures = {WHAT: "5", OTHER: "7", **dict.fromkeys(REST, "not measured yet")}
    assert {what: rows(page)[what] for what in HUNTED} == figures
    assert "nobody hunts this" not in text


def test_a_hunt_that_is_interrupted_loses_none_of_those_before_it(page: Path) -> None:
    def interrupted(named: str) -> None:
        if named.endswith(HUNTED[OTHER]):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(page, hunt=interrupted)
    assert (rows(page)[WHAT], rows(page)[OTHER]) == ("not found", "7")


def test_the_published_page_tells_of_everybody_who_is_hunted() -> None:
    text = (ROOT / PAGE).read_text()
    block = text[text.index(BEGIN) : text.index(END)]
    assert [what for what in HUNTED if f"| {what} | " not in block] == []
    assert NOT_FOUND not in block
