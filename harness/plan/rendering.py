"""A plan for people: what will happen when, what has to have happened, who judges."""

from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any

from harness.fault.registry import parameters_of, services_of
from harness.fault.service import ALL_SERVICES
from harness.load.shape import Shape, ShapeName
from harness.plan.model import Plan
from harness.plan.parts import Moment, Trigger
from harness.scenario.conditions import condition_to_json
from harness.scenario.judges import READ_TIMEOUT_MS, judge_to_json
from harness.scenario.quantities import render_duration

STAND_UP_MS = 15_000
"""About what it takes to stand a site up."""


def rough_duration_ms(plan: Plan) -> int:
    """About how long a run takes: standing up, running, draining."""
    return STAND_UP_MS + plan.duration_ms + READ_TIMEOUT_MS


def render(plan: Plan) -> str:
    """The plan as lines of text."""
    return "\n".join(_lines(plan))


def _lines(plan: Plan) -> Iterator[str]:
    seconds = round(rough_duration_ms(plan) / 1000)
    yield f"{plan.scenario}  (seed {plan.seed}, {', '.join(plan.environments)}, about {seconds} s)"
    yield from (f"  {line}" for line in wrap(plan.description, 98))
    yield f"  plan        {plan.hash}"
    yield from _data(plan)
    yield from _presets(plan)
    yield from _moments(plan)
    yield from _named("conditions", [condition_to_json(each) for each in plan.conditions])
    yield from _named("judges", [judge_to_json(each) for each in plan.judges])


def _data(plan: Plan) -> Iterator[str]:
    """Who makes the data, and how much of it."""
    workload, application = plan.workload, plan.site.application
    span = f"{render_duration(workload.run_for_ms)}, and on until the backlog has arrived"
    if application is not None:
        yield f"  site        {application.site}: {', '.join(application.function_names)}, for {span}"
    if workload.locust is not None:
        yield (
            f"  readings    {workload.expected_readings}: {len(workload.sensors)} sensor(s) in {span}, at "
            f"{workload.rate_hz:g}/s {_shaped(workload.locust.shape)}, by locust's {workload.locust.user}"
        )
    elif application is None:
        yield (
            f"  readings    {workload.expected_readings}: {len(workload.sensors)} sensor(s) x {workload.rate_hz:g}/s "
            f"x {span}"
        )


def _shaped(shape: Shape) -> str:
    every, lasting = render_duration(shape.every_ms), render_duration(shape.lasting_ms)
    match shape.name:
        case ShapeName.RAMP:
            return f"reached over {render_duration(shape.over_ms)}"
        case ShapeName.BURST:
            return f"and {shape.times:g} times as much for the last {lasting} of every {every}"
        case ShapeName.DUTY:
            return f"for the first {lasting} of every {every}"
    return "steadily"


def _presets(plan: Plan) -> Iterator[str]:
    for each in plan.presets:
        yield f"  preset      {each.preset}, {time_scale(each.scale)}, as {each.name}"


def time_scale(times: int) -> str:
    """How fast the time of a preset goes."""
    return "in its own time" if times == 1 else f"{times} times as fast (scale 1/{times})"


def _moments(plan: Plan) -> Iterator[str]:
    if not plan.moments:
        yield "  moments     none: nothing is disturbed"
        return
    rows = [("at", "id", "name", "what", "services", "lasts"), *map(_row, plan.moments)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    yield "  moments"
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        yield f"    {'  '.join(cells)}".rstrip()


def _row(moment: Moment) -> tuple[str, ...]:
    at = f"{moment.planned_ms / 1000:.3f} s"
    if moment.trigger is not None:
        at = f"from {at} {_trigger(moment.trigger)}"
    return (at, moment.id, moment.name, _what(moment), _services(moment), _lasts(moment))


def _trigger(trigger: Trigger) -> str:
    given = trigger.event.to_json()
    name = given.pop("event")
    delay = f", {render_duration(trigger.delay_ms)} later" if trigger.delay_ms else ""
    within = render_duration(trigger.within_ms)
    return f"on {name}{_parameters(given)} within {within}{delay}"


def _what(moment: Moment) -> str:
    return f"{moment.fault.kind}{_parameters(parameters_of(moment.fault))}"


def _services(moment: Moment) -> str:
    services = services_of(moment.fault)
    return "all" if services == ALL_SERVICES else ", ".join(services) or "-"


def _lasts(moment: Moment) -> str:
    if moment.duration_ms is None:
        return "-"
    return f"{moment.duration_ms / 1000:.3f} s"


def _named(title: str, members: list[dict[str, object]]) -> Iterator[str]:
    shown = [_member(member) for member in members] or ["none"]
    yield f"  {title:<10}  {shown[0]}"
    for each in shown[1:]:
        yield f"{'':14}{each}"


def _member(member: dict[str, Any]) -> str:
    name, parameters = next(iter(member.items()))
    return f"{name}{_parameters(parameters)}"


def _parameters(parameters: Mapping[str, Any]) -> str:
    shown = [
        f"{key} {', '.join(value) if isinstance(value, list) else value}"
        for key, value in parameters.items()
        if value not in (None, False)
    ]
    return f" ({'; '.join(shown)})" if shown else ""
