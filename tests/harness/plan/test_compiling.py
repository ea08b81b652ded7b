import copy
import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.fault.link_down import LinkDown
from harness.fault.link_silent import LinkSilent
from harness.fault.noop import Noop
from harness.fault.process_kill import ProcessKill
from harness.fault.service import ALL_SERVICES
from harness.fault.target import Target
from harness.plan.compiling import compile_plan
from harness.plan.model import Plan
from harness.scenario.catalogue import find
from harness.scenario.loader import load
from harness.scenario.model import Scenario

ROOT = Path(__file__).parents[3]
PLAIN: dict[str, Any] = {
    "scenario": "stormy",
    "description": "Outages of every length.",
    "workload": {"run_for": "10m", "sensors": 2},
    "site": {"stream_manager": {"STREAM_MANAGER_EXPORTER_MAX_BACKOFF_MS": "5000"}},
    "outages": [
        {"name": "storm", "count": 5, "down": ["5s", "12s"], "up": ["8s", "16s"], "mode": "either"}
    ],
    "judge": ["loss"],
}
STORM_HASH = "4942aa4cdc34ad24e504e0d0222018060330b51de900c9bc0ee94edce2e84a4e"
"""Of PLAIN with seed 7: a plan is the same on every Python and machine."""


def plan_of(seed: int = 7, **more: object) -> Plan:
    return compile_plan(Scenario.model_validate({**copy.deepcopy(PLAIN), **more}), seed)


def storm_of(plan: Plan) -> list[tuple[int, object, int | None]]:
    storm = [moment for moment in plan.moments if moment.name.startswith("storm")]
    return [(moment.planned_ms, moment.fault, moment.duration_ms) for moment in storm]


def test_the_same_scenario_and_seed_make_the_same_plan_for_ever() -> None:
    assert plan_of().hash == STORM_HASH


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_the_plan_does_not_depend_on_the_hash_seed(hash_seed: str) -> None:
    code = (
        "import sys, json; from harness.plan.compiling import compile_plan;"
        "from harness.scenario.model import Scenario;"
        "print(compile_plan(Scenario.model_validate(json.load(sys.stdin)), 7).hash)"
    )
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(PLAIN),
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert done.stdout.strip() == STORM_HASH


def test_another_seed_makes_other_outages() -> None:
    assert storm_of(plan_of(seed=8)) != storm_of(plan_of())


def test_a_step_more_reshuffles_nothing() -> None:
    more = plan_of(steps=[{"at": "20s", "noop": True}])
    assert storm_of(more) == storm_of(plan_of())
    assert any(isinstance(moment.fault, Noop) for moment in more.moments)


@given(st.integers())
def test_outages_keep_within_their_spans_for_every_seed(seed: int) -> None:
    moments = plan_of(seed=seed).moments
    for moment, following in pairwise(moments):
        assert moment.duration_ms is not None
        assert 5_000 <= moment.duration_ms <= 12_000
        up_ms = following.planned_ms - moment.planned_ms - moment.duration_ms
        assert 8_000 <= up_ms <= 16_000


def test_either_mode_is_chosen_by_the_seed() -> None:
    kinds = {type(moment.fault) for seed in range(5) for moment in plan_of(seed=seed).moments}
    assert kinds == {LinkDown, LinkSilent}


def test_moments_come_in_the_order_of_their_times_and_are_numbered_in_it() -> None:
    steps = [
        {"at": "90s", "kill": "core"},
        {"at": "15s", "name": "first", "kill": "stream_manager"},
    ]
    moments = plan_of(steps=steps).moments
    assert [moment.planned_ms for moment in moments] == sorted(m.planned_ms for m in moments)
    assert [moment.id for moment in moments] == [f"f{n}" for n in range(1, 8)]
    first = next(moment for moment in moments if moment.name == "first")
    assert (first.step, first.fault) == ("steps[1]", ProcessKill(target=Target.STREAM_MANAGER))


def test_an_event_becomes_a_trigger_with_its_times() -> None:
    event = {"event": "request_in_flight", "service": "kinesis"}
    step = {"on": event, "from": "20s", "delay": "1s", "cut": "all", "for": "9s"}
    (moment,) = plan_of(outages=[], steps=[step]).moments
    assert moment.trigger is not None
    assert moment.trigger.armed_ms == moment.planned_ms == 20_000
    assert moment.trigger.delay_ms == 1_000
    # To the end of the run, less what the step itself takes.
    assert moment.latest_end_ms == 600_000
    assert moment.fault == LinkDown(services=ALL_SERVICES)


def test_the_workload_reaches_the_sensor_source_and_is_counted() -> None:
    plan = plan_of()
    assert plan.workload.sensors == ("sensor-1", "sensor-2")
    assert plan.workload.expected_readings == 2 * 20 * 600
    assert plan.workload.intended_ms(20) == 1_000
    assert plan.site.sensor_source["SENSOR_RATE_HZ"] == "20"
    assert plan.site.sensor_source["SENSOR_START"] == "disabled"
    assert plan.site.backoff_ms_max == 5_000


@pytest.mark.parametrize("file", find([ROOT / "scenarios"]), ids=lambda file: str(file.stem))
def test_a_plan_survives_json(file: Path) -> None:
    plan = compile_plan(load(file).scenario, 1)
    plain = json.loads(json.dumps(plan.to_json()))
    assert Plan.from_json(plain) == plan
    assert plain["plan"] == plan.hash


def test_a_plan_that_was_changed_is_refused() -> None:
    plain = plan_of().to_json()
    with pytest.raises(ValueError, match="was changed"):
        Plan.from_json({**plain, "seed": 8})
    with pytest.raises(ValueError, match="format"):
        Plan.from_json({**plain, "format": 2})
