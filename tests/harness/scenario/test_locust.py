"""A scenario whose workload is a load."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.load.schedule import LoadUser
from harness.load.shape import ShapeName
from harness.plan.compiling import compile_plan
from harness.plan.model import Plan
from harness.plan.rendering import render
from harness.scenario.loader import load
from harness.scenario.problems import BadScenario

BURSTS = """\
    scenario: bursts
    description: Bursts of readings, from outside.
    workload:
      locust: {user: StreamAppender, rate: 20/s, shape: burst, every: 10s, lasting: 2s, times: 3}
      sensors: 2
      warm_up: 10s
      run_for: 40s
    site: {stream_manager: {STREAM_MANAGER_EXPORTER_MAX_BACKOFF_MS: 5000}}
    steps: [{at: 12s, cut: all, for: 5s}]
    conditions:
      - waiting_at_heal: {stream: LoadStream, at_least: 100}
      - readings_offered: {at_least: 2240}
    judge: [throughput, loss]
"""
Write = Callable[..., Path]


@pytest.fixture
def plan(write: Write) -> Plan:
    """The plan of BURSTS."""
    loaded = load(write(BURSTS, "bursts"))
    assert loaded.warnings == ()
    return compile_plan(loaded.scenario, 7)


def test_the_plan_knows_each_reading_of_the_load_and_when_it_is_due(plan: Plan) -> None:
    workload = plan.workload

    assert workload.sensors == ("appender-1", "appender-2")
    # Eight seconds of 20/s and two of 60/s, four times, from two sensors.
    assert workload.expected_readings == 2 * 4 * (160 + 120)
    assert workload.intended_ms(160) == pytest.approx(8_000)
    assert workload.intended_ms(220) == pytest.approx(9_000)
    assert workload.highest_hz == 60


def test_a_plan_with_a_load_is_read_back_as_it_was_written(plan: Plan) -> None:
    again = Plan.from_json(plan.to_json())

    assert again == plan
    assert again.workload.locust is not None
    assert again.workload.locust.user is LoadUser.APPENDER
    assert again.workload.locust.shape.name is ShapeName.BURST


def test_the_site_has_its_own_source_silent(plan: Plan) -> None:
    assert plan.site.sensor_source["SENSOR_START"] == "disabled"


def test_a_plan_for_people_says_who_makes_the_readings_and_how(plan: Plan) -> None:
    assert (
        "2240: 2 sensor(s) in 40s, and on until the backlog has arrived, at 20/s and 3 times as much for the last "
        "2s of every 10s, by locust's StreamAppender"
    ) in render(plan)


def test_a_ramp_takes_all_of_the_run_unless_it_is_told_otherwise(write: Write) -> None:
    ramp = BURSTS.replace("shape: burst, every: 10s, lasting: 2s, times: 3", "shape: ramp")
    ramp = ramp.replace("at_least: 2240", "at_least: 800")

    assert compile_plan(load(write(ramp, "bursts")).scenario, 1).workload.shape.over_ms == 40_000


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("sensors: 2", "rate: 5/s", "workload.rate: is that of the site's own sensor source"),
        ("lasting: 2s", "lasting: 10s", "10s is not within the period of 10s"),
        ("lasting: 2s", "lasting: 0s", "0s is not within the period of 10s"),
        ("user: StreamAppender", "user: Nobody", "`Nobody` is unknown"),
        ("shape: burst", "shape: wave", "`wave` is unknown"),
        ("times: 3", "over: 0s", "a ramp takes its time"),
        ("at_least: 2240", "at_least: 2241", "the run makes 2240 readings"),
        ("judge:", "environments: [simulated]\n    judge:", "locust cannot load a simulated site"),
    ],
)
def test_a_load_that_cannot_be_is_refused_with_its_place(
    write: Write, old: str, new: str, says: str
) -> None:
    with pytest.raises(BadScenario) as bad:
        load(write(BURSTS.replace(old, new), "bursts"))

    assert any(says in str(problem) for problem in bad.value.problems), bad.value.problems
