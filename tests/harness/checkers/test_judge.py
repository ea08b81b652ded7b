import json
from typing import Any

import pytest

from harness.checkers.judge import judge
from harness.checkers.verdict import Judgement, Ruling
from harness.scenario.judges import JudgeChoice

from .golden import Golden, plan, site

THREE = ("loss", "duplication", "ordering")
OUTAGE = {"outages": {"at_least": 1}}


def judged(golden: Golden, *conditions: object, judges: tuple[Any, ...] = THREE) -> Judgement:
    return judge(golden.history(), plan(*conditions, judges=judges))


def sound() -> Golden:
    """Ten messages in two batches, and an outage that took effect between them."""
    golden = site()
    golden.appends("S", range(10), at=0)
    golden.put("S/E", range(5), at=100)
    golden.cut(["kinesis"], 1_000, 5_000)
    golden.uplink("kinesis", 1_500, 1_501, "failed", "connection")
    golden.put("S/E", range(5, 10), at=6_000)
    return golden


def lossy() -> Golden:
    golden = sound()
    golden.appends("S", range(10, 20), at=6_100)
    golden.put("S/E", range(15, 20), at=7_000)
    return golden


def test_a_run_is_valid_if_all_judges_say_so_and_its_conditions_are_met() -> None:
    found = judged(sound(), OUTAGE)
    assert found.verdict is Ruling.VALID
    assert [each.name for each in found.checkers] == [*THREE]
    assert {each.verdict for each in found.checkers} == {Ruling.VALID}
    assert [each.met for each in found.conditions] == [True]
    assert found.streams["S/E"]["delivered"] == 10


def test_one_judge_that_finds_something_makes_it_invalid() -> None:
    found = judged(lossy(), OUTAGE)
    assert found.verdict is Ruling.INVALID
    assert {each.name: each.verdict for each in found.checkers} == {
        "loss": Ruling.INVALID,
        "duplication": Ruling.VALID,
        "ordering": Ruling.VALID,
    }
    assert found.reason.startswith("loss: ")
    assert found.streams["S/E"]["lost"] == 5


def test_only_the_judges_of_the_plan_are_asked() -> None:
    assert judged(lossy(), judges=("ordering",)).verdict is Ruling.VALID


def test_a_condition_that_is_not_met_makes_a_run_unknown_and_is_named() -> None:
    found = judged(sound(), OUTAGE, {"outages": {"at_least": 2}})
    assert found.verdict is Ruling.UNKNOWN
    assert "outages (at_least: 2) was not met: 1 took effect" in found.reason
    assert [each.met for each in found.conditions] == [True, False]


def test_invalid_beats_an_unmet_condition_and_a_dead_witness() -> None:
    golden = lossy()
    golden.silent = {"nemesis"}
    golden.interrupt(9_000)
    assert judged(golden, {"outages": {"at_least": 2}}).verdict is Ruling.INVALID


@pytest.mark.parametrize(
    "witness", ["edge-tap", "uplink-tap", "cloud-tap", "cloud-reader", "nemesis", "harness"]
)
def test_a_run_that_lacks_a_witness_is_unknown_whatever_its_judges_say(witness: str) -> None:
    golden = sound()
    golden.silent = {witness}
    found = judged(golden, judges=("ordering",))
    assert found.verdict is Ruling.UNKNOWN
    assert witness in found.reason


def test_a_run_that_ended_early_is_unknown() -> None:
    golden = sound()
    golden.interrupt(9_000)
    found = judged(golden)
    assert found.verdict is Ruling.UNKNOWN
    assert "Ctrl-C" in found.reason


def test_a_run_whose_cloud_was_not_read_completely_is_unknown() -> None:
    golden = sound()
    golden.read = False
    found = judged(golden, judges=("ordering",))
    assert found.verdict is Ruling.UNKNOWN
    assert "kinesis/T was not read completely" in found.reason


def test_a_fault_that_failed_makes_a_run_unknown() -> None:
    golden = sound()
    golden.cut(["kinesis"], 7_000, None, failed="no such proxy", name="f9")
    found = judged(golden)
    assert found.verdict is Ruling.UNKNOWN
    assert "the fault f9 failed (no such proxy)" in found.reason


def test_a_trigger_that_never_fired_makes_a_run_unknown() -> None:
    golden = sound()
    golden.line(8_000, "nemesis", "trigger", "failed", id="f8", reason="no backlog in 10 s")
    found = judged(golden)
    assert found.verdict is Ruling.UNKNOWN
    assert "the trigger f8 never fired (no backlog in 10 s)" in found.reason


def test_a_judge_that_cannot_say_makes_a_run_unknown() -> None:
    found = judged(sound(), judges=(*THREE, "overwrite"))
    assert found.verdict is Ruling.UNKNOWN
    assert found.reason.startswith("overwrite: ")


def test_without_a_judge_nothing_is_valid() -> None:
    found = judged(sound(), judges=())
    assert found.verdict is Ruling.UNKNOWN
    assert found.reason == "No judge was asked."


@pytest.mark.parametrize("name", list(JudgeChoice.model_fields))
def test_every_judge_that_a_scenario_can_name_gives_a_verdict(name: str) -> None:
    found = judged(sound(), judges=(name,))
    assert [each.name for each in found.checkers] == [name]
    assert found.checkers[0].reason.endswith(".")


@pytest.mark.parametrize("name", list(JudgeChoice.model_fields))
def test_of_an_empty_history_no_judge_says_that_all_is_well(name: str) -> None:
    golden = Golden(drained=None, first_reading_ms=None)
    found = judged(golden, judges=(name,))
    assert found.checkers[0].verdict is Ruling.UNKNOWN


def test_parameters_of_a_judge_reach_it() -> None:
    golden = site(max_size=1_000, segment_size=500)
    golden.appends("S", range(20), at=0, every=1_000)
    golden.put("S/E", range(12, 20), at=30_000)
    strict = {"overwrite": {"record_overhead_max": 0}}
    assert judged(golden, judges=(strict,)).verdict is Ruling.INVALID
    assert judged(golden, judges=("overwrite",)).verdict is not Ruling.INVALID


def test_a_judgement_is_json_as_it_stands() -> None:
    found = judged(lossy(), OUTAGE, judges=(*THREE, "priority", "throughput"))
    plain = json.loads(json.dumps(found.to_json()))
    assert list(plain) == ["verdict", "reason", "checkers", "conditions", "streams"]
    assert plain["verdict"] == "invalid"
    assert {*plain["checkers"][0]} == {"name", "verdict", "reason", "examples", "figures"}
