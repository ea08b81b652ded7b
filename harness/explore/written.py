"""A scenario in which every disturbance is a step of its own, so that each can be left out."""

from collections.abc import Mapping
from typing import Any

from harness.explore.drawing import Document
from harness.fault.bandwidth import Bandwidth
from harness.fault.half_open import HalfOpen
from harness.fault.latency import Latency
from harness.fault.link_down import LinkDown
from harness.fault.link_silent import LinkSilent
from harness.fault.registry import Fault, services_of
from harness.fault.service import ALL_SERVICES, Service
from harness.plan.model import Plan
from harness.plan.parts import Moment
from harness.scenario.quantities import parse_duration_ms, render_duration


def with_steps(document: Mapping[str, Any], plan: Plan) -> Document:
    """The scenario with its series of outages written out, as its plan has drawn them.

    Raises:
        ValueError: a series has a fault that no step of it could have.
    """
    steps = [*document.get("steps", ())]
    steps += [step_of(each) for each in plan.moments if each.step.startswith("outages")]
    rest = {key: value for key, value in document.items() if key not in ("outages", "steps")}
    steps.sort(key=begins_ms)
    return {**rest, "steps": steps, "seed": plan.seed}


def begins_ms(step: Mapping[str, Any]) -> int:
    """When a step begins, or begins to wait."""
    return parse_duration_ms(step.get("at", step.get("from", "0s")))


def step_of(moment: Moment) -> Document:
    """One moment of a series as a step."""
    lasts = {"for": render_duration(moment.duration_ms)} if moment.duration_ms else {}
    return {**_when(moment), **_action(moment.fault), **lasts}


def _when(moment: Moment) -> Document:
    if moment.trigger is None:
        return {"at": render_duration(moment.planned_ms)}
    trigger = moment.trigger
    event = {key: value for key, value in trigger.event.to_json().items() if value is not None}
    delay = {"delay": render_duration(trigger.delay_ms)} if trigger.delay_ms else {}
    return {
        "on": event,
        "from": render_duration(trigger.armed_ms),
        "within": render_duration(trigger.within_ms),
        **delay,
    }


def _action(fault: Fault) -> Document:
    links = _links(services_of(fault))
    match fault:
        case LinkDown():
            return {"cut": links, "mode": "refused"}
        case LinkSilent():
            return {"cut": links, "mode": "silent"}
        case HalfOpen():
            return {"cut": links, "mode": "half_open"}
        case Latency(latency_ms=latency_ms):
            return {"slow": links, "latency": render_duration(latency_ms)}
        case Bandwidth(bytes_per_second=rate):
            return {"throttle": links, "bandwidth": f"{rate}B/s"}
    raise ValueError(f"a series of outages has no {fault.kind}")


def _links(services: tuple[Service, ...]) -> Any:
    return "all" if set(services) == set(ALL_SERVICES) else [str(each) for each in services]
