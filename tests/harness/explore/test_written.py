"""Whatever a scenario file may leave out or write in another way, its reductions and its story know what is meant."""

from itertools import islice
from pathlib import Path

import pytest

from harness.explore.drawing import Document
from harness.explore.failing import read
from harness.explore.reductions import REDUCTIONS, ROUNDING
from harness.explore.scenario_file import is_sound
from harness.explore.shrinking import Shrinker, told
from harness.explore.story import story

from .conftest import ROOT

FOLDERS = ("scenarios", "harness/zoo/scenarios", "tests/end_to_end/scenarios")
SHIPPED = [
    file
    for folder in FOLDERS
    for file in sorted((ROOT / folder).rglob("*.yaml"))
    if file.read_text().find("\nscenario:") >= 0 or file.read_text().startswith("scenario:")
]

SEVERAL = 20
"""Of what a reduction proposes: a day with four hundred outages has more pairs of them than anybody waits for."""

TERSE = """
scenario: terse
description: As short as may be.
environments: [simulated]
workload: {run_for: 2m}
outages: {count: 1, down: [5s, 6s], up: [9s, 9s], cut: iotanalytics, mode: silent}
steps:
  - {on: {event: request_in_flight, service: kinesis}, cut: kinesis, for: 5s}
  - {mode: silent, at: 30s, for: 5s, cut: [all]}
  - {latency: 1s, name: slow, slow: iotanalytics, at: 50s, for: 5s}
  - {for: 5s, at: 60s, cut: kinesis}
  - {for: 5s, at: 62s, cut: [iotanalytics]}
  - {at: 70s, slow_disk: 100ms, for: 5s}
  - {at: 72s, slow_disk: 200ms, for: 5s}
judge: [loss]
"""


@pytest.fixture
def terse(tmp_path: Path) -> Document:
    file = tmp_path / "terse.yaml"
    file.write_text(TERSE)
    return read(file, seed=None, stream_manager=None).document


def services_of(document: Document) -> list[object]:
    steps = (each for each in document["steps"] if "slow_disk" not in each)
    return [each.get("cut", each.get("slow")) for each in steps]


def test_what_a_file_leaves_out_stands_there(terse: Document) -> None:
    assert terse["workload"]["warm_up"] == "10s"
    assert [step["from"] for step in terse["steps"] if "on" in step] == ["10s"]
    names = [["kinesis"], ["iotanalytics"], "all", ["iotanalytics"], ["kinesis"], ["iotanalytics"]]
    assert services_of(terse) == names
    assert is_sound(terse)


def test_a_story_names_links_and_not_their_letters(terse: Document) -> None:
    assert story(terse, "loss.").startswith(
        "On request in flight after 10s kinesis is down for 5s; at 10s iotanalytics is silent for "
    )
    assert "at 30s the uplink is silent for 5s; at 50s iotanalytics answers 1s later" in story(
        terse, ""
    )


def test_every_reduction_of_it_proposes_links_that_there_are(terse: Document) -> None:
    proposed = [each for reduction in (*REDUCTIONS, *ROUNDING) for each in reduction(terse)]
    links = [each for document in proposed for each in services_of(document)]
    assert "all" in links
    known = {"kinesis", "iotanalytics"}
    assert [each for each in links if each != "all" and not set(each) <= known] == []  # type: ignore[call-overload]


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_every_scenario_that_is_shipped_can_be_shrunk(file: Path) -> None:
    document = read(file, seed=None, stream_manager=None).document
    assert is_sound(document)
    assert story(document, "so it was")
    assert told(Shrinker(is_sound, lambda text: None, tries_max=5).shrink(document))
    for reduction in (*REDUCTIONS, *ROUNDING):
        for proposed in islice(reduction(document), SEVERAL):
            assert story(proposed, "so it was")
