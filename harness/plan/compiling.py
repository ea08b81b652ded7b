"""Scenario and seed become a plan: pure, and the same on every Python and machine.

Each series of outages draws from a generator of its own, seeded with the seed and its name: a step that is
added elsewhere reshuffles nothing. Only `Random.random()` is used, the one method whose values Python promises to keep.
"""

from collections.abc import Iterator, Mapping

from harness.load.schedule import sensor_names
from harness.plan.drafts import Draft
from harness.plan.model import Plan
from harness.plan.parts import Locust, Moment, Ports, PresetUse, Site, Trigger, Workload
from harness.plan.presets import Weather, preset_of, use_of
from harness.plan.series import series_drafts
from harness.scenario.faults import fault_of
from harness.scenario.model import Scenario
from harness.scenario.model import Workload as WorkloadPart
from harness.scenario.outages import Outages
from harness.scenario.quantities import render_number
from harness.scenario.site_file import LoadedSite
from harness.scenario.steps import Step


def compile_plan(scenario: Scenario, seed: int) -> Plan:
    """The plan of one run.

    Args:
        scenario: sound, as the loader returns it.
        seed: decides all that the scenario leaves open, the sensors' values included.
    """
    return Plan(
        scenario=scenario.scenario,
        description=scenario.description,
        seed=seed,
        environments=tuple(str(name) for name in scenario.environments),
        workload=_workload(scenario),
        site=_site(scenario, seed),
        moments=_moments(scenario, seed),
        conditions=scenario.conditions,
        judges=scenario.judges,
        drain=scenario.drain,
        presets=tuple(_presets(scenario, seed)),
    )


def _workload(scenario: Scenario) -> Workload:
    workload = scenario.workload
    return Workload(
        sensors=_sensors(scenario),
        rate_hz=workload.made_hz,
        reading_bytes=workload.reading_bytes,
        warm_up_ms=workload.warm_up_ms,
        run_for_ms=workload.run_for_ms,
        locust=_locust(workload),
    )


def _sensors(scenario: Scenario) -> tuple[str, ...]:
    workload = scenario.workload
    if workload.locust is not None:
        return sensor_names(workload.locust.user, workload.sensors)
    sensors = 0 if scenario.site.own else workload.sensors
    return tuple(f"sensor-{number + 1}" for number in range(sensors))


def _locust(workload: WorkloadPart) -> Locust | None:
    locust = workload.locust
    if locust is None:
        return None
    shape = locust.shape_in(workload.run_for_ms)
    return Locust(user=locust.user, users=locust.users, shape=shape)


def _site(scenario: Scenario, seed: int) -> Site:
    site, workload = scenario.site, scenario.workload
    if site.own is not None:
        return own_site(site.own, site.functions, site.stream_manager, scenario.link.latency_ms)
    source = {
        "SENSOR_COUNT": str(workload.sensors),
        "SENSOR_RATE_HZ": render_number(workload.rate_hz),
        "SENSOR_READING_BYTES": str(workload.reading_bytes),
        "SENSOR_SEED": str(seed),
        # The run switches it on when everybody is listening.
        "SENSOR_START": "disabled",
    }
    return Site(
        sensor_source={**site.sensor_source, **source},
        stream_producer=dict(site.stream_producer),
        stream_aggregator=dict(site.stream_aggregator),
        stream_manager=dict(site.stream_manager),
        kinesis_streams=site.kinesis_streams,
        ports=Ports(**site.ports.model_dump()),
        latency_ms=scenario.link.latency_ms,
    )


def own_site(
    own: LoadedSite,
    functions: Mapping[str, Mapping[str, str]],
    stream_manager: Mapping[str, str],
    latency_ms: int,
) -> Site:
    """The settings of a site whose application is somebody's own.

    Args:
        functions: variables by the name of a function, over those of the site file.
        stream_manager: variables over those of the site file.
    """
    changed = [
        each.model_copy(
            update={"environment": {**each.environment, **functions.get(each.name, {})}}
        )
        for each in own.site.functions
    ]
    return Site(
        sensor_source={},
        stream_producer={},
        stream_aggregator={},
        stream_manager={**own.site.stream_manager, **stream_manager},
        kinesis_streams=(),
        ports=Ports(sensor_api=0, aggregate_api=0, dashboard=0),
        latency_ms=latency_ms,
        application=own.site.model_copy(update={"functions": tuple(changed)}),
        base=str(own.base),
    )


def _moments(scenario: Scenario, seed: int) -> tuple[Moment, ...]:
    drafts = [_step(scenario, index, step) for index, step in enumerate(scenario.steps)]
    for index, series in enumerate(scenario.outages):
        drafts += _series(scenario, index, series, seed)
    # Sorting keeps the order of the file among moments of the same time.
    drafts.sort(key=lambda draft: draft.planned_ms)
    return tuple(_numbered(number, draft) for number, draft in enumerate(drafts, start=1))


def _numbered(number: int, draft: Draft) -> Moment:
    return Moment(
        id=f"f{number}",
        name=draft.name,
        step=draft.step,
        planned_ms=draft.planned_ms,
        trigger=draft.trigger,
        fault=draft.fault,
        duration_ms=draft.duration_ms,
    )


def _step(scenario: Scenario, index: int, step: Step) -> Draft:
    trigger = _trigger(scenario, step)
    planned_ms = trigger.armed_ms if trigger else step.at_ms
    assert planned_ms is not None, "a step has `at` or `on`"
    return Draft(
        name=step.name or f"{step.action}-{index + 1}",
        step=f"steps[{index}]",
        planned_ms=planned_ms,
        trigger=trigger,
        fault=fault_of(step),
        duration_ms=step.for_ms,
    )


def _trigger(scenario: Scenario, step: Step) -> Trigger | None:
    if step.on is None:
        return None
    workload = scenario.workload
    armed_ms = workload.warm_up_ms if step.from_ms is None else step.from_ms
    left_ms = workload.run_for_ms - armed_ms - step.delay_ms - (step.for_ms or 0)
    within_ms = max(0, left_ms) if step.within_ms is None else step.within_ms
    return Trigger(event=step.on, armed_ms=armed_ms, within_ms=within_ms, delay_ms=step.delay_ms)


def _series(scenario: Scenario, index: int, series: Outages, seed: int) -> Iterator[Draft]:
    name, place = series.name or f"outages-{index + 1}", f"outages[{index}]"
    begins_ms = scenario.workload.warm_up_ms if series.from_ms is None else series.from_ms
    if series.preset is None:
        return series_drafts(series, name=name, place=place, begins_ms=begins_ms, seed=seed)
    return Weather(
        series,
        preset_of(series, name, seed),
        name=name,
        place=place,
        begins_ms=begins_ms,
        ends_ms=scenario.workload.run_for_ms,
        seed=seed,
    ).drafts()


def _presets(scenario: Scenario, seed: int) -> Iterator[PresetUse]:
    for index, series in enumerate(scenario.outages):
        if series.preset is not None:
            name = series.name or f"outages-{index + 1}"
            preset = preset_of(series, name, seed)
            yield use_of(series, preset, place=f"outages[{index}]", name=name)
