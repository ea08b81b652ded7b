"""Rules about a scenario whose site is one of the user's own: what only goes with our functions has no place in it."""

from collections.abc import Iterator

from harness.scenario.conditions import ReadingsOffered
from harness.scenario.explain import likely
from harness.scenario.judges import ThroughputJudge
from harness.scenario.model import EnvironmentName, Scenario, SiteSettings
from harness.scenario.rules.application import owner_of
from harness.scenario.rules.finding import Finding, Rule

GO_WITH_A_FILE = ("file", "functions", "stream_manager")
OF_OUR_SENSORS = {"sensors": "sensors", "rate_hz": "rate", "reading_bytes": "reading_size"}
"""Attributes of the workload and how they are written."""


def _settings_are_its_own(scenario: Scenario) -> Iterator[Finding]:
    site = scenario.site
    if site.file is None:
        if site.functions:
            text = "goes with `file`; name a site file, or use the keys of our functions"
            yield Finding(("site", "functions"), text)
        return
    for key in SiteSettings.model_fields:
        if key in site.model_fields_set and key not in GO_WITH_A_FILE:
            text = f"goes with our functions; the site file {site.file} says what yours need"
            yield Finding(("site", key), text)


def _functions_are_there(scenario: Scenario) -> Iterator[Finding]:
    own = scenario.site.own
    if own is None:
        return
    functions = {each.name: each for each in own.site.functions}
    for name, variables in scenario.site.functions.items():
        path = ("site", "functions", name)
        if name not in functions:
            text = f"no function of {scenario.site.file} is called so; {likely(name, functions)}"
            yield Finding(path, text)
            continue
        told = {
            each.variable: port for port, each in functions[name].ports.items() if each.variable
        }
        for variable in variables:
            if owner := owner_of(variable, told):
                yield Finding((*path, variable), f"is set by {owner}; remove it here")


def _no_sensors(scenario: Scenario) -> Iterator[Finding]:
    if scenario.site.file is None or scenario.workload.locust is not None:
        return
    for attribute, key in OF_OUR_SENSORS.items():
        if attribute in scenario.workload.model_fields_set:
            yield Finding(
                ("workload", key), "is about our sensors; your functions make the data here"
            )


def _no_ordinals(scenario: Scenario) -> Iterator[Finding]:
    if scenario.site.file is None or scenario.workload.locust is not None:
        return
    why = "counts our readings, which your functions do not make"
    for index, judge in enumerate(scenario.judges):
        if isinstance(judge, ThroughputJudge):
            yield Finding(("judge", index), f"`{judge.name}` {why}; judge loss instead")
    for index, condition in enumerate(scenario.conditions):
        if isinstance(condition, ReadingsOffered):
            text = f"`{condition.name}` {why}; ask for waiting_at_heal of a stream instead"
            yield Finding(("conditions", index), text)


def _runs_for_real(scenario: Scenario) -> Iterator[Finding]:
    if scenario.site.file is None:
        return
    for index, name in enumerate(scenario.environments):
        if name is EnvironmentName.SIMULATED:
            text = "your functions cannot run in simulated time; take `simulated` out"
            yield Finding(("environments", index), text)


RULES = (
    Rule(needs=("site", "environments"), check=_runs_for_real),
    Rule(needs=("site",), check=_settings_are_its_own),
    Rule(needs=("site",), check=_functions_are_there),
    Rule(needs=("site", "workload"), check=_no_sensors),
    Rule(needs=("site", "workload", "judge", "conditions"), check=_no_ordinals),
)
