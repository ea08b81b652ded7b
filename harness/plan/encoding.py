"""The parts of a plan as JSON and back."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter

from harness.fault import registry
from harness.load.schedule import LoadUser
from harness.load.shape import Shape, ShapeName
from harness.plan.parts import Locust, Moment, Ports, Site, Trigger, Workload
from harness.scenario.events import AnyEvent, Event
from harness.scenario.site_file import SiteFile

_EVENT: TypeAdapter[Event] = TypeAdapter(AnyEvent)


def workload_to_json(workload: Workload) -> dict[str, Any]:
    """A workload as JSON, with the number of readings it makes."""
    plain = {
        **asdict(workload),
        "sensors": list(workload.sensors),
        "expected_readings": workload.expected_readings,
    }
    if workload.locust is None:
        # It is no part of a plan in which the site's own source makes the readings.
        del plain["locust"]
    return plain


def workload_from_json(plain: Mapping[str, Any]) -> Workload:
    """The workload that `workload_to_json` described."""
    own = {name: value for name, value in plain.items() if name != "expected_readings"}
    if locust := own.get("locust"):
        own["locust"] = _locust_from_json(locust)
    return Workload(**{**own, "sensors": tuple(own["sensors"])})


def _locust_from_json(plain: Mapping[str, Any]) -> Locust:
    shape = Shape(**{**plain["shape"], "name": ShapeName(plain["shape"]["name"])})
    return Locust(user=LoadUser(plain["user"]), users=plain["users"], shape=shape)


def site_to_json(site: Site) -> dict[str, Any]:
    """The settings of a site as JSON."""
    plain = {**asdict(site), "kinesis_streams": list(site.kinesis_streams)}
    # Neither belongs to a plan that is about our functions, or to what makes two plans the same.
    del plain["base"], plain["application"]
    return plain | ({"application": site.application.to_json()} if site.application else {})


def site_from_json(plain: Mapping[str, Any]) -> Site:
    """The settings that `site_to_json` described."""
    own = {**plain, "kinesis_streams": tuple(plain["kinesis_streams"])}
    if "application" in plain:
        own["application"] = SiteFile.model_validate(plain["application"])
    return Site(**{**own, "ports": Ports(**plain["ports"])})


def moment_to_json(moment: Moment) -> dict[str, Any]:
    """A moment as JSON."""
    return {
        "id": moment.id,
        "name": moment.name,
        "step": moment.step,
        "planned_ms": moment.planned_ms,
        "trigger": _trigger_to_json(moment.trigger) if moment.trigger else None,
        "fault": registry.to_json(moment.fault),
        "duration_ms": moment.duration_ms,
    }


def moment_from_json(plain: Mapping[str, Any]) -> Moment:
    """The moment that `moment_to_json` described."""
    trigger = _trigger_from_json(plain["trigger"]) if plain["trigger"] else None
    return Moment(**{**plain, "trigger": trigger, "fault": registry.from_json(plain["fault"])})


def _trigger_to_json(trigger: Trigger) -> dict[str, Any]:
    return {
        "event": trigger.event.to_json(),
        "armed_ms": trigger.armed_ms,
        "within_ms": trigger.within_ms,
        "delay_ms": trigger.delay_ms,
    }


def _trigger_from_json(plain: Mapping[str, Any]) -> Trigger:
    return Trigger(**{**plain, "event": _EVENT.validate_python(plain["event"])})
