"""Rules about a load that makes the readings in the place of the site's own sensor source."""

from collections.abc import Iterator

from harness.load.shape import ShapeName
from harness.scenario.model import EnvironmentName, Scenario
from harness.scenario.quantities import render_duration
from harness.scenario.rules.finding import Finding, Rule


def _one_rate(scenario: Scenario) -> Iterator[Finding]:
    workload = scenario.workload
    if workload.locust is not None and "rate_hz" in workload.model_fields_set:
        text = (
            "is that of the site's own sensor source, which is silent here; write it below `locust`"
        )
        yield Finding(("workload", "rate"), text)


def _shorter_than_its_period(scenario: Scenario) -> Iterator[Finding]:
    locust = scenario.workload.locust
    if locust is None or locust.shape not in (ShapeName.BURST, ShapeName.DUTY):
        return
    if not 0 < locust.lasting_ms < locust.every_ms:
        text = (
            f"{render_duration(locust.lasting_ms)} is not within the period of "
            f"{render_duration(locust.every_ms)}; write less than `every`, and more than nothing"
        )
        yield Finding(("workload", "locust", "lasting"), text)


def _ramp_rises(scenario: Scenario) -> Iterator[Finding]:
    locust = scenario.workload.locust
    if locust is not None and locust.over_ms == 0:
        yield Finding(
            ("workload", "locust", "over"), "a ramp takes its time; write a longer one, or `steady`"
        )


def _has_real_parts(scenario: Scenario) -> Iterator[Finding]:
    if scenario.workload.locust is not None and EnvironmentName.SIMULATED in scenario.environments:
        text = "locust cannot load a simulated site; take `simulated` out of `environments`"
        yield Finding(("workload", "locust"), text)


RULES = (
    Rule(needs=("workload",), check=_one_rate),
    Rule(needs=("workload",), check=_shorter_than_its_period),
    Rule(needs=("workload",), check=_ramp_rises),
    Rule(needs=("workload", "environments"), check=_has_real_parts),
)
