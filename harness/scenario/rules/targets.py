"""Rules about processes: the site has every one that a scenario names."""

from collections.abc import Iterator

from harness.fault.target import EVERY_SITE_HAS, Target
from harness.scenario.conditions import ProcessKilled, ProcessPaused, ProcessRestarted
from harness.scenario.explain import likely
from harness.scenario.model import Scenario
from harness.scenario.problems import Path
from harness.scenario.rules.finding import Finding, Rule


def known_targets(scenario: Scenario) -> list[str]:
    """The processes of a scenario's site by name."""
    own = scenario.site.own
    return [*EVERY_SITE_HAS, *own.site.function_names] if own else list(Target)


def _targets_are_there(scenario: Scenario) -> Iterator[Finding]:
    known = known_targets(scenario)
    for path, name in _named(scenario):
        if name not in known:
            yield Finding(path, f"`{name}` is no process of the site; {likely(name, known)}")


def _named(scenario: Scenario) -> Iterator[tuple[Path, str]]:
    for index, step in enumerate(scenario.steps):
        if step.target is not None:
            yield ("steps", index, step.action), step.target
    for index, condition in enumerate(scenario.conditions):
        if isinstance(condition, ProcessKilled | ProcessRestarted | ProcessPaused):
            yield ("conditions", index, condition.name, "target"), condition.target


RULES = (Rule(needs=("steps", "conditions", "site"), check=_targets_are_there),)
