"""Series of outages that a preset describes."""

import json
from itertools import pairwise
from typing import Any

import pytest

from harness.fault.bandwidth import Bandwidth
from harness.fault.latency import Latency
from harness.fault.link_down import LinkDown
from harness.fault.link_silent import LinkSilent
from harness.plan.compiling import compile_plan
from harness.plan.model import Plan
from harness.plan.parts import Moment
from harness.plan.rendering import render
from harness.scenario.model import Scenario
from harness.scenario.preset import Preset

RUN_MS, WARM_UP_MS = 600_000, 10_000
RAINY: dict[str, Any] = {
    "preset": "rainy",
    "description": "A link in the rain.",
    "sources": [{"basis": "measured", "says": "3 gaps", "where": "a roof"}],
    "licence": "none",
    "proves": "something",
    "down": {"exponential": {"mean": "60s"}},
    "up": {"uniform": {"shortest": "2m", "longest": "4m"}},
    "mode": "refused",
    "latency": {"every": "30s", "points": [["0%", "50ms"], ["100%", "90ms"]]},
    "bandwidth": {"every": "1h", "points": [["50%", "20kB/s"]]},
    "scale": "1/4",
}
SUNNY = {**RAINY, "preset": "sunny", "latency": None, "bandwidth": None}


def plan_of(seed: int = 1, presets: tuple[dict[str, Any], ...] = (RAINY,), **more: object) -> Plan:
    scenario = Scenario.model_validate(
        {
            "scenario": "weather",
            "description": "Proves something.",
            "workload": {"run_for": "600s", "warm_up": "10s"},
            "outages": {"name": "rain", "preset": "rainy", **more},
            "judge": ["loss"],
        }
    )
    known = [Preset.model_validate(each) for each in presets]
    series = tuple(each.with_presets(known) for each in scenario.outages)
    return compile_plan(scenario.model_copy(update={"outages": series}), seed)


def cuts(plan: Plan) -> list[Moment]:
    return [each for each in plan.moments if isinstance(each.fault, LinkDown | LinkSilent)]


def levels(plan: Plan, kind: type) -> list[Moment]:
    return [each for each in plan.moments if isinstance(each.fault, kind)]


def test_outages_follow_one_another_until_the_run_is_over() -> None:
    found = cuts(plan_of())
    assert len(found) > 5
    assert found[0].planned_ms == WARM_UP_MS
    assert all(one.latest_end_ms < other.planned_ms for one, other in pairwise(found))
    assert found[-1].latest_end_ms <= RUN_MS
    gaps = [other.planned_ms - one.latest_end_ms for one, other in pairwise(found)]
    assert all(30_000 <= gap <= 60_000 for gap in gaps), "two to four minutes, four times as fast"


@pytest.mark.parametrize("seed", range(20))
def test_nothing_outlasts_the_run(seed: int) -> None:
    plan = plan_of(seed)
    assert max(each.latest_end_ms for each in plan.moments) <= RUN_MS
    assert plan.duration_ms == RUN_MS


def test_the_same_seed_makes_the_same_weather_and_another_seed_another() -> None:
    assert plan_of(3).hash == plan_of(3).hash
    assert plan_of(3).moments != plan_of(4).moments


def test_latency_changes_at_planned_moments_to_measured_values() -> None:
    found = levels(plan_of(), Latency)
    assert [each.planned_ms for each in found] == [*range(WARM_UP_MS, RUN_MS, 7_500)]
    values = [each.fault.latency_ms for each in found if isinstance(each.fault, Latency)]
    assert len({*values}) > 10
    assert min(values) >= 50 and max(values) <= 90
    assert all(one.latest_end_ms == other.planned_ms for one, other in pairwise(found))


def test_a_level_without_a_choice_holds_all_the_time() -> None:
    (only,) = levels(plan_of(), Bandwidth)
    assert (only.planned_ms, only.latest_end_ms) == (WARM_UP_MS, RUN_MS)
    assert isinstance(only.fault, Bandwidth) and only.fault.bytes_per_second == 20_000


def test_latency_and_bandwidth_change_no_length() -> None:
    alone = plan_of(presets=(SUNNY,), preset="sunny")
    assert [each.planned_ms for each in cuts(alone)] == [
        each.planned_ms for each in cuts(plan_of())
    ]


def test_the_scale_of_the_scenario_goes_before_the_one_of_the_preset() -> None:
    (use,) = plan_of(scale="1/60").presets
    assert use.scale == 60
    assert len(cuts(plan_of(scale="1/60"))) > 2 * len(cuts(plan_of()))
    assert len(cuts(plan_of(scale=1))) < len(cuts(plan_of()))


def test_nothing_is_scaled_to_less_than_can_be_done() -> None:
    found = cuts(plan_of(scale="1/5000"))
    assert min(each.duration_ms or 0 for each in found) == 500
    assert min(b.planned_ms - a.latest_end_ms for a, b in pairwise(found)) == 1000
    assert min(each.duration_ms or 0 for each in levels(plan_of(scale="1/5000"), Latency)) == 5000


def test_up_times_alone_can_be_scaled() -> None:
    fixed = {**RAINY, "down": {"fixed": {"value": "20s"}}, "scaled": "up"}
    assert {each.duration_ms for each in cuts(plan_of(presets=(fixed,)))[:-1]} == {20_000}


def test_what_the_scenario_gives_goes_before_what_the_preset_says() -> None:
    plan = plan_of(
        down="9s", up=["11s", "12s"], mode="silent", cut="kinesis", count=3, latency="70ms"
    )
    found = cuts(plan)
    assert [each.duration_ms for each in found] == [9_000] * 3
    assert all(isinstance(each.fault, LinkSilent) for each in found)
    (slow,) = levels(plan, Latency)
    assert slow.fault == Latency(services=found[0].fault.services, latency_ms=70)  # type: ignore[union-attr]


def test_outages_can_be_had_alone() -> None:
    assert len(plan_of(only_outages=True).moments) == len(cuts(plan_of()))


def test_the_seed_chooses_where_any_will_do() -> None:
    taken = {
        plan_of(seed, presets=(RAINY, SUNNY), preset="any").presets[0].preset for seed in range(20)
    }
    assert taken == {"rainy", "sunny"}


def test_the_plan_says_which_preset_it_took_and_who_says_so() -> None:
    plan = plan_of()
    (use,) = plan.presets
    assert (use.series, use.name, use.preset) == ("outages[0]", "rain", "rainy")
    assert use.sources == ("measured: 3 gaps (a roof)",)
    assert "preset      rainy, 4 times as fast (scale 1/4), as rain" in render(plan)
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


def test_a_plan_without_presets_says_nothing_of_them() -> None:
    plain = plan_of(preset=None, count=1, down="5s", up="5s").to_json()
    assert "presets" not in plain
