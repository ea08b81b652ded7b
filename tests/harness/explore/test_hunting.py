"""The swarm finds what is broken, and shrinks it to a story of at most three faults."""

from pathlib import Path

import pytest

from harness.explore import figures
from harness.explore.attempt import attempt
from harness.explore.drawing import RUN_MS
from harness.explore.figures import BEGIN, END, HUNTED, PAGE
from harness.explore.hunting import FAULTS_MAX, SEEDS_MAX, hunt

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


def test_the_figures_of_a_page_are_replaced_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    monkeypatch.setattr(figures, "table", lambda: iter(["| a | b |"]))
    figures.write(page)
    assert page.read_text() == f"before\n{BEGIN}\n| a | b |\n{END}\nafter\n"


def test_the_published_page_has_a_place_for_the_figures() -> None:
    text = (ROOT / PAGE).read_text()
    assert 0 < text.index(BEGIN) < text.index(END)
    assert "not found" not in text
