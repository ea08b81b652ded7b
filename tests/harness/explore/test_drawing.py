"""Every seed draws a sound scenario, the same one each time, and together they draw everything."""

import pytest

from harness.explore.actions import DRAWN
from harness.explore.disturbances import begins_ms, kinds_here
from harness.explore.drawing import Document, draw
from harness.explore.lineage import scenario_of
from harness.explore.scenario_file import loaded, render
from harness.fault.registry import KINDS
from harness.plan.compiling import compile_plan
from harness.scenario.quantities import parse_duration_ms

SEEDS = range(200, 320)


@pytest.fixture(scope="module")
def plans() -> list:  # type: ignore[type-arg]
    return [compile_plan(loaded(draw(seed)).scenario, seed) for seed in SEEDS]


def test_a_seed_draws_the_same_text_each_time() -> None:
    assert render(draw(7)) == render(draw(7))
    assert render(draw(7)) != render(draw(8))


def test_every_scenario_is_left_alone_at_its_end_but_for_an_outage_that_ends_there(
    plans: list,  # type: ignore[type-arg]
) -> None:
    late = 0
    for plan in plans:
        assert plan.moments
        ends = sorted(each.latest_end_ms / plan.workload.run_for_ms for each in plan.moments)
        late += ends[-1] > 0.76
        assert all(end <= 0.76 for end in ends[:-1])
        assert ends[-1] < 1
    assert 0.2 < late / len(plans) < 0.6


PROCESS_ACTIONS = {"kill", "restart", "pause"}


def test_steps_come_in_the_order_of_their_times_and_nobody_is_killed_who_stands_still() -> None:
    killed_in_a_fault = 0
    for seed in SEEDS:
        steps = draw(seed)["steps"]
        begins = [begins_ms(step) for step in steps]
        assert begins == sorted(begins)
        spans = [(at, ends_ms(step)) for at, step in zip(begins, steps, strict=True)]
        for place, step in enumerate(steps):
            others = [
                each for each in steps[:place] + steps[place + 1 :] if treats_alike(each, step)
            ]
            around = [each for each in others if begins_ms(each) <= begins[place] <= ends_ms(each)]
            assert around == []
            inside = "kill" in step and any(at < begins[place] < end for at, end in spans)
            killed_in_a_fault += inside
    assert killed_in_a_fault


def ends_ms(step: Document) -> int:
    lasts = (step.get("for", "0s"), step.get("within", "0s"))
    return begins_ms(step) + sum(map(parse_duration_ms, lasts))


def treats_alike(one: Document, other: Document) -> bool:
    """Whether both do something to the same process."""
    targets = [{each[key] for key in PROCESS_ACTIONS & set(each)} for each in (one, other)]
    return bool(targets[0] & targets[1])


def test_every_kind_that_can_be_done_here_is_drawn(plans: list) -> None:  # type: ignore[type-arg]
    drawn = {moment.fault.kind for plan in plans for moment in plan.moments}
    assert drawn == set(kinds_here())


def test_what_is_drawn_are_kinds_of_faults() -> None:
    assert set(DRAWN) <= set(KINDS)


def test_every_judge_is_asked_and_overwriting_where_a_stream_is_small(plans: list) -> None:  # type: ignore[type-arg]
    asked = {judge.name for plan in plans for judge in plan.judges}
    assert asked == {"loss", "duplication", "ordering", "aggregates", "priority", "overwrite"}
    for plan in plans:
        small = "LOCAL_STREAM_MAX_SIZE" in plan.site.stream_producer
        assert small == ("overwrite" in {judge.name for judge in plan.judges})


def test_the_length_of_a_run_can_be_chosen() -> None:
    plan = compile_plan(loaded(draw(5, (60_000, 61_000))).scenario, 5)
    assert 60_000 <= plan.workload.run_for_ms <= 61_000


@pytest.mark.parametrize("seed", SEEDS[:10])
def test_a_change_is_told_by_its_name_alone_and_is_sound(seed: int) -> None:
    changed = scenario_of(f"{seed}.31.64")
    assert render(changed) == render(scenario_of(f"{seed}.31.64"))
    assert changed["scenario"] == f"explored_{seed}_31_64"
    assert loaded(changed).scenario.seed == changed["seed"]
    assert changed["steps"] != draw(seed)["steps"] or changed["seed"] != seed


def test_what_is_changed_runs_as_long_as_was_chosen() -> None:
    """Whatever it takes of others: a part in the place of its own, or steps."""
    for seed in range(40):
        plan = compile_plan(loaded(scenario_of(f"{seed}.1", (60_000, 78_000))).scenario, seed)
        assert 60_000 <= plan.workload.run_for_ms <= 78_000


@pytest.mark.parametrize("seed", range(40))
def test_there_is_room_for_something_in_half_a_minute(seed: int) -> None:
    plan = compile_plan(loaded(draw(seed, (30_000, 39_000))).scenario, seed)
    assert plan.moments
