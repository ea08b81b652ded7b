"""Rules about kinds of faults: each environment that a scenario names can do what the scenario asks for."""

from collections.abc import Iterator

from harness.fault.kind import Kind
from harness.scenario.faults import cut, fault_of
from harness.scenario.model import Scenario
from harness.scenario.outages import Outages, SpreadMode
from harness.scenario.problems import Path
from harness.scenario.rules.finding import Finding, Rule
from harness.scenario.steps import CutMode


def _can_be_done(scenario: Scenario) -> Iterator[Finding]:
    for path, kind in _asked(scenario):
        missing = [str(each) for each in scenario.environments if each not in kind.environments]
        if missing:
            text = (
                f"`{kind.kind}` cannot be done in {', '.join(missing)}, only in {', '.join(kind.environments)}; "
                "take another fault, or the environment out of `environments`"
            )
            yield Finding(path, text)


def _asked(scenario: Scenario) -> Iterator[tuple[Path, Kind]]:
    for index, step in enumerate(scenario.steps):
        yield ("steps", index, step.action), fault_of(step)
    for index, series in enumerate(scenario.outages):
        for mode in _modes(series):
            yield ("outages", index, "mode"), cut(mode, series.cut)


def _modes(series: Outages) -> list[CutMode]:
    if series.mode is SpreadMode.EITHER:
        return [CutMode.REFUSED, CutMode.SILENT]
    return [CutMode(series.mode)]


RULES = (Rule(needs=("steps", "outages", "environments"), check=_can_be_done),)
