"""Pictures are well-formed, ask for nothing from anywhere, and are the same for the same run."""

import re
from xml.etree import ElementTree

import pytest

from harness.report import plots
from harness.report.timeline import Timeline, timeline

from .conftest import Told, an_outage

NAMES = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def run_of(told: Told) -> Timeline:
    return timeline(told.history(), 0)


@pytest.fixture
def eventful(told: Told) -> Timeline:
    """A run in which everything happens that pictures know."""
    an_outage(told)
    told.stream(
        "full", "kinesis", "iotanalytics", maxSize=1000, streamSegmentSize=200, strategyOnFull=1
    )
    for number in range(30):
        told.append("full", number, at_s=number / 4)
    told.put("full", "kinesis", [0, 1], 0.5)
    told.put("full", "kinesis", [28, 29], 8)
    told.fault("link_silent", ["iotanalytics"], 1, 8, name="hushed")
    told.fault("latency", ["kinesis"], 7, 9, name="slow")
    told.fault("process_kill", [], 3, name="kill", target="stream_manager")
    told.restart(3.1, 4)
    return run_of(told)


def texts(svg: str) -> list[str]:
    return [each.text or "" for each in ElementTree.fromstring(svg).iter() if "text" in each.tag]


def pictures(run: Timeline) -> list[str]:
    return [plots.story(run), plots.traffic(run), plots.stages([("one", 1.0), ("two", 0.0)])]


def test_each_picture_is_well_formed_and_fits_into_a_page(eventful: Timeline) -> None:
    for svg in pictures(eventful):
        root = ElementTree.fromstring(svg)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert root.get("width") == "100%"
        assert root.get("viewBox")


def test_no_picture_asks_for_anything_from_anywhere(eventful: Timeline) -> None:
    for svg in pictures(eventful):
        assert {*re.findall(r"\w+://[^\"' <]+", svg)} <= NAMES
        assert not re.search(r'href="(?!#)', svg)
        assert "@import" not in svg


def test_the_same_run_makes_the_same_bytes(eventful: Timeline) -> None:
    assert pictures(eventful) == pictures(eventful)


def test_the_story_names_streams_lines_and_faults(eventful: Timeline) -> None:
    said = texts(plots.story(eventful))
    for text in ("S", "full", "appended", "delivered by kinesis"):
        assert text in said
    for text in ("oldest retained", "overwritten before it arrived", "sequence number"):
        assert said.count(text) >= 1
    assert "delivered by iotanalytics: nothing" in said
    assert {"outage", "hushed", "slow", "kill"} <= {*said}


def test_a_stream_shows_only_the_faults_that_its_exporters_can_feel(told: Told) -> None:
    told.stream("S", "kinesis")
    told.append("S", 0, at_s=1)
    told.fault("link_down", ["iotanalytics"], 2, 6, name="elsewhere")
    assert "elsewhere" not in texts(plots.story(run_of(told)))


def test_nothing_is_said_of_overwriting_where_all_is_retained(told: Told) -> None:
    said = texts(plots.story(run_of(an_outage(told))))
    assert "oldest retained" not in said
    assert "overwritten before it arrived" not in said


def test_a_silent_link_is_hatched_and_one_that_is_down_is_not(told: Told) -> None:
    down = plots.story(run_of(an_outage(told)))
    told.fault("link_silent", ["kinesis"], 7, 8)
    assert "<pattern" not in down
    assert "<pattern" in plots.story(run_of(told))


def test_names_that_would_run_into_each_other_are_left_out(told: Told) -> None:
    told.stream("S", "kinesis")
    told.append("S", 0, at_s=1)
    for number in range(50):
        at_s = 10 + number / 2
        told.fault("link_down", ["kinesis"], at_s, at_s + 0.1, name=f"a long name {number}")
    named = [text for text in texts(plots.story(run_of(told))) if "a long name" in text]
    assert 2 <= len(named) < 20


def test_links_that_are_used_or_disturbed_have_a_lane(eventful: Timeline) -> None:
    said = texts(plots.traffic(eventful))
    assert {"kinesis", "iotanalytics"} <= {*said}
    assert " stream_manager gone" in said or "stream_manager gone" in [s.strip() for s in said]


def test_a_run_in_which_nothing_happened_can_be_drawn(told: Told) -> None:
    for svg in (plots.story(run_of(told)), plots.traffic(run_of(told))):
        ElementTree.fromstring(svg)


def test_a_run_of_hours_makes_a_picture_of_ordinary_size(told: Told) -> None:
    told.stream("S", "kinesis")
    for number in range(5_000):
        told.append("S", number, at_s=number / 83)
        told.put("S", "kinesis", [number], number / 83 + 0.1)
    assert len(plots.traffic(run_of(told))) < 300_000


def test_the_trend_colours_each_run_by_its_verdict() -> None:
    runs = [
        {"verdict": verdict, "counts": {"delivered": 10, "lost": lost}}
        for verdict, lost in (("valid", 0), ("invalid", 2))
    ]
    svg = plots.trend(runs)
    assert plots.RULINGS["valid"] in svg
    assert plots.RULINGS["invalid"] in svg
    assert plots.RULINGS["unknown"] not in svg
    assert "lost" in texts(svg)
