"""Shrinking, with made-up failures: what they do not need goes, what they need stays."""

from collections.abc import Callable
from typing import Any

import pytest

from harness.explore.drawing import Document, draw
from harness.explore.reductions import less_load
from harness.explore.scenario_file import is_sound
from harness.explore.shrinking import Shrinker
from harness.explore.story import story
from harness.explore.written import action_of
from harness.scenario.quantities import parse_duration_ms, parse_rate


def crowded() -> Document:
    """A scenario with many steps, one of which is a kill in a cut."""
    return {
        "scenario": "crowded",
        "description": "Much happens.",
        "environments": ["simulated"],
        "seed": 77,
        "workload": {
            "sensors": 3,
            "rate": "37/min",
            "reading_size": "900B",
            "warm_up": "10s",
            "run_for": "10m",
        },
        "site": {
            "stream_producer": {"RAW_BATCH_SIZE": 7, "RAW_KINESIS_STREAM": "RawData"},
            "stream_manager": {"STREAM_MANAGER_EXPORTER_MAX_BACKOFF_MS": 3000},
            "kinesis_streams": ["RawData"],
        },
        "link": {"latency": "200ms"},
        "steps": [
            {"at": "13s", "slow": ["kinesis"], "latency": "300ms", "for": "20s"},
            {"at": "61s", "cut": ["iotanalytics"], "mode": "silent", "for": "31s"},
            {"at": "123s", "cut": "all", "mode": "refused", "for": "57s"},
            {"at": "140s", "kill": "stream_manager"},
            {"at": "260s", "throttle": "all", "bandwidth": "5kB/s", "for": "40s"},
            {"at": "350s", "kill": "stream_producer"},
        ],
        "judge": ["loss", "duplication", "ordering"],
    }


def steps_with(document: Document, action: str, on: Any) -> list[Document]:
    return [each for each in document["steps"] if action_of(each) == action and each[action] == on]


def shrunk(fails: Callable[[Document], bool], document: Document | None = None) -> Document:
    shrinker = Shrinker(lambda each: is_sound(each) and fails(each), lambda text: None)
    return shrinker.shrink(document or crowded())


def test_everything_goes_that_the_failure_does_not_need() -> None:
    small = shrunk(lambda each: bool(steps_with(each, "kill", "stream_manager")))
    assert [action_of(each) for each in small["steps"]] == ["kill"]
    assert small["judge"] in (["loss"], ["duplication"], ["ordering"])
    assert "site" not in small or small["site"] == {}
    assert {"link", "seed"} & set(small) == set()
    assert small["workload"]["sensors"] == 1
    assert "reading_size" not in small["workload"]
    assert small["workload"]["rate"] == "1/min"
    assert parse_duration_ms(small["workload"]["run_for"]) <= 30_000


def kill_in_a_cut(document: Document) -> bool:
    kills = [
        parse_duration_ms(each["at"]) for each in steps_with(document, "kill", "stream_manager")
    ]
    cuts = [
        (parse_duration_ms(each["at"]), parse_duration_ms(each["for"]))
        for each in document["steps"]
        if action_of(each) == "cut"
    ]
    return any(at + 1_000 <= kill < at + lasts for kill in kills for at, lasts in cuts)


def test_what_belongs_together_stays_together() -> None:
    small = shrunk(kill_in_a_cut)
    assert sorted(action_of(each) for each in small["steps"]) == ["cut", "kill"]
    assert kill_in_a_cut(small)


def test_two_cuts_become_one_where_that_fails_as_well() -> None:
    def long_enough(document: Document) -> bool:
        cuts = (each for each in document["steps"] if action_of(each) == "cut")
        return sum(parse_duration_ms(each["for"]) for each in cuts) >= 70_000

    small = shrunk(long_enough)
    assert [action_of(each) for each in small["steps"]] == ["cut"]


def test_shrinking_twice_comes_to_the_same() -> None:
    assert shrunk(kill_in_a_cut) == shrunk(kill_in_a_cut)


def test_it_is_enough_after_so_many_tries() -> None:
    shrinker = Shrinker(lambda each: False, lambda text: None, tries_max=5)
    assert shrinker.shrink(crowded()) == crowded()
    assert shrinker.tries == 5


@pytest.mark.parametrize("rate", ["9/min", "1/min", "1/s", "90/min", "20/s", "33/s"])
def test_less_load_is_less(rate: str) -> None:
    document = {**crowded(), "workload": {"rate": rate, "run_for": "10m"}}
    rates = [parse_rate(each["workload"]["rate"]) for each in less_load(document)]
    assert all(each < parse_rate(rate) for each in rates)
    assert rates == [] or max(parse_rate(rate) / 3, 1 / 60) <= rates[-1] <= parse_rate(rate) / 2
    assert bool(rates) == (rate != "1/min")


@pytest.mark.parametrize("seed", range(5))
def test_what_is_drawn_can_be_shrunk(seed: int) -> None:
    small = shrunk(lambda each: bool(each["steps"]), draw(seed))
    assert len(small["steps"]) == 1


def test_a_story_is_one_line() -> None:
    document = crowded()
    document["steps"] = document["steps"][2:4]
    told = story(document, "loss: 3 messages are gone.")
    assert told == (
        "At 123s the uplink is down for 57s; at 140s stream_manager is killed. Then loss: 3 messages are gone."
    )
