"""Rules about times: everything happens inside the run, and no two outages of a link overlap."""

from collections.abc import Iterator
from dataclasses import dataclass

from harness.scenario.model import Scenario
from harness.scenario.problems import Path
from harness.scenario.quantities import render_duration
from harness.scenario.rules.finding import Finding, Rule
from harness.scenario.steps import Step


def _warm_up_inside(scenario: Scenario) -> Iterator[Finding]:
    workload = scenario.workload
    if workload.warm_up_ms >= workload.run_for_ms:
        text = (
            f"the warm-up ({render_duration(workload.warm_up_ms)}) leaves nothing of the run "
            f"({render_duration(workload.run_for_ms)}); make the run longer"
        )
        yield Finding(("workload", "run_for"), text)


def _begins(scenario: Scenario, step: Step) -> tuple[str, int]:
    if step.at_ms is not None:
        return "at", step.at_ms
    return "from", scenario.workload.warm_up_ms if step.from_ms is None else step.from_ms


def _ends_ms(scenario: Scenario, step: Step) -> int:
    waits_ms = (step.within_ms or 0) + step.delay_ms
    return _begins(scenario, step)[1] + waits_ms + (step.for_ms or 0)


def _steps_inside(scenario: Scenario) -> Iterator[Finding]:
    workload = scenario.workload
    for index, step in enumerate(scenario.steps):
        key, begins_ms = _begins(scenario, step)
        ends_ms = _ends_ms(scenario, step)
        if begins_ms < workload.warm_up_ms:
            warm_up = render_duration(workload.warm_up_ms)
            text = f"lies in the warm-up, which ends at {warm_up}; begin later"
            yield Finding(("steps", index, key), text)
        if ends_ms > workload.run_for_ms:
            key = "for" if step.for_ms and begins_ms <= workload.run_for_ms else key
            text = (
                f"the step ends at {render_duration(ends_ms)}, after the run "
                f"({render_duration(workload.run_for_ms)}); shorten it or make the run longer"
            )
            yield Finding(("steps", index, key), text)


def _series_inside(scenario: Scenario) -> Iterator[Finding]:
    workload = scenario.workload
    for index, series in enumerate(scenario.outages):
        from_ms = workload.warm_up_ms if series.from_ms is None else series.from_ms
        ends_ms = series.ends_ms_max(from_ms, scenario.workload.run_for_ms)
        if from_ms < workload.warm_up_ms:
            text = f"lies in the warm-up, which ends at {render_duration(workload.warm_up_ms)}; begin later"
            yield Finding(("outages", index, "from"), text)
        if ends_ms > workload.run_for_ms:
            text = (
                f"{series.count} outages may last until {render_duration(ends_ms)}, after the run "
                f"({render_duration(workload.run_for_ms)}); take fewer or shorter ones, or make the run longer"
            )
            yield Finding(("outages", index, "count"), text)


@dataclass(frozen=True, slots=True)
class _Window:
    """When links, or a process, may be disturbed in one way.

    Attributes:
        on: the links, or the process.
    """

    path: Path
    what: str
    on: frozenset[str]
    begins_ms: int
    ends_ms: int

    def meets(self, other: "_Window") -> bool:
        overlap = self.begins_ms < other.ends_ms and other.begins_ms < self.ends_ms
        return overlap and self.what == other.what and bool(self.on & other.on)


def _windows(scenario: Scenario) -> Iterator[_Window]:
    for index, step in enumerate(scenario.steps):
        process = step.pause or step.restart
        on = [process] if process else step.services
        if on and step.at_ms is not None:
            # What is over at once needs its moment all the same: a process that stands still does not end in order.
            ends_ms = step.at_ms + (step.for_ms or 1)
            what = "pause" if process else step.action
            yield _Window(("steps", index), what, frozenset(map(str, on)), step.at_ms, ends_ms)
    for index, series in enumerate(scenario.outages):
        from_ms = scenario.workload.warm_up_ms if series.from_ms is None else series.from_ms
        ends_ms = series.ends_ms_max(from_ms, scenario.workload.run_for_ms)
        links = frozenset(map(str, series.cut))
        yield _Window(("outages", index), "cut", links, from_ms, ends_ms)


def _no_overlap(scenario: Scenario) -> Iterator[Finding]:
    """The same disturbance twice at once would be healed by whichever ends first."""
    seen: list[_Window] = []
    for window in sorted(_windows(scenario), key=lambda each: each.begins_ms):
        other = next((each for each in seen if each.meets(window)), None)
        if other is not None:
            shared = ", ".join(sorted(window.on & other.on))
            text = (
                f"`{window.what}` of {shared} begins at {render_duration(window.begins_ms)}, while an earlier one may "
                f"last until {render_duration(other.ends_ms)}; let it begin later"
            )
            yield Finding(window.path, text)
        seen.append(window)


RULES = (
    Rule(needs=("workload",), check=_warm_up_inside),
    Rule(needs=("workload", "steps"), check=_steps_inside),
    Rule(needs=("workload", "outages"), check=_series_inside),
    Rule(needs=("workload", "steps", "outages"), check=_no_overlap),
)
