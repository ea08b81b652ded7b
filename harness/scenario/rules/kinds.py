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
        for mode in {mode for each in _spread(series) for mode in _modes(each)}:
            yield ("outages", index, "mode"), cut(mode, series.cut)


def _spread(series: Outages) -> list[SpreadMode]:
    """The modes that it may have: its own, or those of the presets that it may take."""
    if series.mode is not None:
        return [series.mode]
    return [each.mode for each in series.presets] or [SpreadMode.REFUSED]


def _modes(spread: SpreadMode) -> list[CutMode]:
    if spread is SpreadMode.EITHER:
        return [CutMode.REFUSED, CutMode.SILENT]
    return [CutMode(spread)]


RULES = (Rule(needs=("steps", "outages", "environments"), check=_can_be_done),)
