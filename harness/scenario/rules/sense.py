"""Rules about sense: a scenario that can never be met, or never be judged."""

from collections import Counter
from collections.abc import Iterator

from harness.load.schedule import LOAD_STREAM
from harness.scenario.conditions import OutagesHappened, ReadingsOffered, RequestsCutInFlight
from harness.scenario.events import BacklogAtLeast, FirstDelivery, SegmentEvicted
from harness.scenario.explain import likely
from harness.scenario.judges import OverwriteJudge, PriorityJudge
from harness.scenario.model import Scenario
from harness.scenario.names import AGGREGATE_STREAM, PLAIN_READING_BYTES, local_stream, number_of
from harness.scenario.problems import Path, Severity
from harness.scenario.rules.finding import Finding, Rule

ANY_NUMBER = 1000
"""What a preset makes of a series is not known before the seed is."""


def _names_differ(scenario: Scenario) -> Iterator[Finding]:
    named: list[tuple[Path, str | None]] = [
        (("steps", index, "name"), step.name) for index, step in enumerate(scenario.steps)
    ]
    named += [(("outages", i, "name"), series.name) for i, series in enumerate(scenario.outages)]
    seen: set[str] = set()
    for path, name in named:
        if name in seen:
            yield Finding(path, f"`{name}` is the name of an earlier step; take another")
        if name is not None:
            seen.add(name)


def _judges_differ(scenario: Scenario) -> Iterator[Finding]:
    counted: Counter[str] = Counter()
    for index, judge in enumerate(scenario.judges):
        counted[judge.name] += 1
        if counted[judge.name] > 1:
            yield Finding(("judge", index), f"`{judge.name}` judges already; keep one of them")


def _priority_needs_a_pool_of_one(scenario: Scenario) -> Iterator[Finding]:
    name = "STREAM_MANAGER_EXPORTER_THREAD_POOL_SIZE"
    pool = number_of(scenario.site.stream_manager_variables, name)
    for index, judge in enumerate(scenario.judges):
        if isinstance(judge, PriorityJudge) and pool != 1:
            text = (
                f"with an exporter pool of {pool} both exporters may lawfully run at once: the verdict will be "
                f'unknown; set site.stream_manager.{name} to "1"'
            )
            yield Finding(("judge", index), text, Severity.WARNING)


def _overwriting_needs_a_full_stream(scenario: Scenario) -> Iterator[Finding]:
    if scenario.site.own:
        return  # Nobody knows how much its functions make.
    workload = scenario.workload
    most = number_of(scenario.site.stream_producer, "LOCAL_STREAM_MAX_SIZE")
    size = round(workload.readings * max(workload.reading_bytes, PLAIN_READING_BYTES))
    for index, judge in enumerate(scenario.judges):
        if isinstance(judge, OverwriteJudge) and size < most:
            text = (
                f"the run makes about {size} bytes of readings and the stream holds {most}: nothing will be "
                "overwritten; make LOCAL_STREAM_MAX_SIZE smaller"
            )
            yield Finding(("judge", index), text, Severity.WARNING)


def _conditions_can_be_met(scenario: Scenario) -> Iterator[Finding]:
    workload = scenario.workload
    due = workload.readings
    cuts = sum(1 for step in scenario.steps if step.cut) + sum(
        s.count or ANY_NUMBER for s in scenario.outages
    )
    for index, condition in enumerate(scenario.conditions):
        path: Path = ("conditions", index, condition.name, "at_least")
        match condition:
            case ReadingsOffered(at_least=wanted) if wanted > due and not scenario.site.file:
                yield Finding(
                    path, f"the run makes {due} readings; make it longer or ask for fewer"
                )
            case OutagesHappened(at_least=wanted) | RequestsCutInFlight(at_least=wanted) if (
                wanted > cuts
            ):
                yield Finding(path, f"the scenario cuts {cuts} times; add outages or ask for fewer")


def _disturbance_has_a_condition(scenario: Scenario) -> Iterator[Finding]:
    if (scenario.steps or scenario.outages) and not scenario.conditions:
        text = "nothing says what must have happened: a fault without effect would pass unseen; add `conditions`"
        yield Finding((), text, Severity.WARNING)


def _streams_are_known(scenario: Scenario) -> Iterator[Finding]:
    own = scenario.site.own
    ours = (local_stream(scenario.site.stream_producer), AGGREGATE_STREAM)
    load = (LOAD_STREAM,) if scenario.workload.locust else ()
    known = (*(own.site.streams if own else ours), *load)
    for path, stream in _streams(scenario):
        # A site file need not say which streams there are.
        if len(known) > len(load) and stream not in known:
            text = f"the site's own functions make no stream `{stream}`; {likely(stream, known)}"
            yield Finding(path, text, Severity.WARNING)


def _streams(scenario: Scenario) -> Iterator[tuple[Path, str]]:
    for index, step in enumerate(scenario.steps):
        if isinstance(step.on, BacklogAtLeast | FirstDelivery | SegmentEvicted):
            yield ("steps", index, "on", "stream"), step.on.stream
    for index, condition in enumerate(scenario.conditions):
        stream = getattr(condition, "stream", None)
        if stream is not None:
            yield ("conditions", index, condition.name, "stream"), stream


RULES = (
    Rule(needs=("steps", "outages"), check=_names_differ),
    Rule(needs=("judge",), check=_judges_differ),
    Rule(needs=("judge", "site"), check=_priority_needs_a_pool_of_one),
    Rule(needs=("judge", "site", "workload"), check=_overwriting_needs_a_full_stream),
    Rule(needs=("conditions", "workload", "steps", "outages"), check=_conditions_can_be_met),
    Rule(needs=("conditions", "steps", "outages"), check=_disturbance_has_a_condition),
    Rule(needs=("conditions", "steps", "site", "workload"), check=_streams_are_known),
)
