"""A scenario written out in full: every disturbance is a step of its own, so that each can be left out.

What a file may leave out stands there, and what it may write in several ways is written in one.
"""

from collections.abc import Mapping
from typing import Any

from harness.explore.disturbances import begins_ms
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
from harness.scenario.quantities import render_duration
from harness.scenario.steps import ACTIONS, SERVICE_ACTIONS


def with_steps(document: Mapping[str, Any], plan: Plan) -> Document:
    """The scenario with its series of outages written out, as its plan has drawn them.

    Every step has `at` or `from`, services are `all` or a list, and the warm-up is given.

    Raises:
        ValueError: a series has a fault that no step of it could have.
    """
    warm_up = render_duration(plan.workload.warm_up_ms)
    steps = [_in_full(each, warm_up) for each in document.get("steps", ())]
    steps += [step_of(each) for each in plan.moments if each.step.startswith("outages")]
    rest = {key: value for key, value in document.items() if key not in ("outages", "steps")}
    workload = {"warm_up": warm_up, **document["workload"]}
    steps.sort(key=begins_ms)
    return {**rest, "workload": workload, "steps": steps, "seed": plan.seed}


def _in_full(step: Mapping[str, Any], warm_up: str) -> Document:
    """A step as its file has it, in the one way that it is written here."""
    begins = {"from": warm_up} if "on" in step else {}
    services = {key: _listed(value) for key, value in step.items() if key in SERVICE_ACTIONS}
    return {**begins, **step, **services}


def _listed(services: Any) -> Any:
    names = [services] if isinstance(services, str) else services
    return "all" if "all" in names else names


def action_of(step: Mapping[str, Any]) -> str:
    """The key that says what a step does."""
    return next(key for key in step if key in ACTIONS)


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
