"""Two runs of a plan are compared by their verdicts and by the class of each reading."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.checkers.verdict import Judgement, Ruling
from harness.explore.attempt import quiet
from harness.explore.comparing import Side, compare
from harness.explore.trial import Trial, try_out
from harness.history.history import History
from harness.plan.compiling import compile_plan
from harness.plan.model import Plan
from harness.scenario.loader import load

SCENARIO = Path(__file__).parents[3] / "tests/end_to_end/scenarios/quick.yaml"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return compile_plan(load(SCENARIO).scenario, 1)


@pytest.fixture(scope="module")
def trial(plan: Plan) -> Trial:
    with quiet():
        return try_out(plan)


Keep = Callable[[dict], bool]  # type: ignore[type-arg]


def side(trial: Trial, keep: Keep = lambda line: True, judgement: Judgement | None = None) -> Side:
    history = History.of([line for line in trial.lines if keep(line)])
    return Side(name="simulated", history=history, judgement=judgement or trial.judgement)


def without_records(*readings: str) -> Keep:
    return lambda line: not (line["kind"] == "record" and line.get("reading") in readings)


def test_a_run_is_like_itself(plan: Plan, trial: Trial) -> None:
    assert compare(plan, side(trial), side(trial)) == []


def test_another_verdict_counts(plan: Plan, trial: Trial) -> None:
    (verdict,) = trial.judgement.checkers
    other = replace(trial.judgement, checkers=(replace(verdict, verdict=Ruling.UNKNOWN),))
    (found,) = compare(plan, side(trial), side(trial, judgement=other))
    assert (found.what, found.ends, found.counts) == ("loss", ("valid", "unknown"), True)


def test_a_reading_that_one_side_lost_counts_however_few_there_are(
    plan: Plan, trial: Trial
) -> None:
    other = side(trial, without_records("sensor-1/7"))
    (found,) = compare(plan, side(trial), other, tolerance=0.5)
    assert found.ends == ("delivered", "lost")
    assert (found.readings, found.examples, found.counts) == (1, ("sensor-1/7",), True)


def without_appends(trial: Trial, readings: set[str]) -> Keep:
    ids = {
        line["id"]
        for line in trial.lines
        if line["kind"] == "append" and line.get("reading") in readings
    }
    return lambda line: not (line["kind"] == "append" and line["id"] in ids)


def test_a_few_readings_that_never_came_are_shown_and_do_not_count(
    plan: Plan, trial: Trial
) -> None:
    other = side(trial, without_appends(trial, {"sensor-1/3"}))
    (found,) = compare(plan, side(trial), other)
    assert found.ends == ("delivered", "not appended")
    assert not found.counts


def test_many_of_them_count(plan: Plan, trial: Trial) -> None:
    other = side(trial, without_appends(trial, {f"sensor-1/{number}" for number in range(20)}))
    (found,) = compare(plan, side(trial), other)
    assert (found.readings, found.counts) == (20, True)


def test_what_the_first_side_lacks_is_seen_as_well(plan: Plan, trial: Trial) -> None:
    few = side(trial, without_appends(trial, {"sensor-1/3"}))
    (found,) = compare(plan, few, side(trial))
    assert (found.ends, found.counts) == (("not appended", "delivered"), False)
    nothing = side(trial, lambda line: line["kind"] not in ("append", "record"))
    ends = {each.ends for each in compare(plan, nothing, side(trial))}
    assert ends == {("not appended", "delivered")}
    assert {ends[::-1] for ends in ends} == {
        each.ends for each in compare(plan, side(trial), nothing)
    }


def test_a_checker_that_only_one_side_has_counts(plan: Plan, trial: Trial) -> None:
    silent = side(trial, judgement=replace(trial.judgement, checkers=()))
    (found,) = compare(plan, silent, side(trial))
    assert (found.what, found.ends, found.counts) == ("loss", ("not asked", "valid"), True)


def test_a_reading_is_lost_where_one_of_its_messages_is(plan: Plan, trial: Trial) -> None:
    """It was appended twice: the first message is gone, the second one arrived."""
    lines = [line for line in trial.lines if without_records("sensor-1/7")(line)]
    again = [
        {**line, "reading": "sensor-1/8"} if line.get("reading") == "sensor-1/7" else line
        for line in lines
    ]
    other = Side(name="simulated", history=History.of(again), judgement=trial.judgement)
    ends = {each.ends: each.examples for each in compare(plan, side(trial), other)}
    assert ends == {
        ("delivered", "not appended"): ("sensor-1/7",),
        ("delivered", "lost"): ("sensor-1/8",),
    }
