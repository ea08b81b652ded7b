import pytest

from harness.scenario.conditions import condition_from_json, condition_to_json
from harness.scenario.judges import Drain, JudgeChoice, judge_from_json, judge_to_json


@pytest.mark.parametrize("name", list(JudgeChoice.model_fields))
def test_every_judge_has_sound_defaults_and_survives_json(name: str) -> None:
    judge = judge_from_json(name)
    assert judge.name == name
    assert judge_from_json(judge_to_json(judge)) == judge


def test_a_condition_survives_json() -> None:
    condition = condition_from_json({"outages": {"at_least": 2, "lasting": "29s"}})
    assert condition_from_json(condition_to_json(condition)) == condition


def test_the_drain_takes_backlog_back_off_and_inflow_into_account() -> None:
    drain = Drain.model_validate({"assumed_rate": "100/s", "grace": "10s"})
    assert drain.deadline_ms_for(backlog=800, inflow_hz=20, backoff_ms_max=5_000) == 40_000


def test_an_inflow_beyond_the_assumed_rate_leaves_a_finite_deadline() -> None:
    drain = Drain.model_validate({"assumed_rate": "100/s", "grace": "0s"})
    assert drain.deadline_ms_for(backlog=100, inflow_hz=100, backoff_ms_max=0) == 16_000


def test_a_fixed_deadline_is_taken_as_it_is() -> None:
    drain = Drain.model_validate({"deadline": "7s"})
    assert drain.deadline_ms_for(backlog=10**6, inflow_hz=0, backoff_ms_max=300_000) == 7_000
