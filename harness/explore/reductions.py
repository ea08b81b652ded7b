"""What may be smaller about a failing scenario: each reduction proposes simpler scenarios, the boldest first.

None of them asks whether what it proposes is sound, or still fails: whoever shrinks finds out. They take a scenario
that is written out in full, as `harness.explore.written` does it.
"""

import copy
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any, TypeAlias

from harness.explore.disturbances import begins_ms
from harness.explore.drawing import Document
from harness.explore.written import action_of
from harness.fault.service import ALL_SERVICES
from harness.scenario.quantities import parse_duration_ms, parse_rate, render_duration
from harness.scenario.steps import SERVICE_ACTIONS

Reduction: TypeAlias = Callable[[Document], Iterator[Document]]

TAIL_MS = (5_000, 20_000, 60_000)
"""What may be left of a run after its last step."""

ROUND_MS = (10_000, 5_000, 1_000)
PAUSES_MS = (2_000, 5_000, 10_000)
DURATIONS_MS = (1_000, 2_000, 5_000, 10_000, 20_000, 30_000)
RATES = ("1/s", "2/s", "5/s", "10/s", "20/s")
SETTINGS = ("stream_producer", "stream_manager", "stream_aggregator", "sensor_source")


def _with(document: Document, **parts: Any) -> Document:
    return {**copy.deepcopy(document), **parts}


def _with_steps(document: Document, steps: list[Document]) -> Document:
    return _with(document, steps=copy.deepcopy(steps))


def _with_step(document: Document, place: int, step: Document) -> Document:
    steps = [step if at == place else each for at, each in enumerate(document["steps"])]
    return _with_steps(document, steps)


# -- faults ------------------------------------------------------------------------------------


def without_faults(document: Document) -> Iterator[Document]:
    """Without half of the steps, a quarter of them, each of them."""
    steps = document["steps"]
    size = len(steps)
    while size:
        for first in range(0, len(steps), size):
            rest = steps[:first] + steps[first + size :]
            if len(rest) < len(steps):
                yield _with_steps(document, rest)
        size //= 2


def merged_faults(document: Document) -> Iterator[Document]:
    """Two steps that do the same as one: on the links of both, or from the beginning of one to the end of the other."""
    steps = document["steps"]
    for (_, first), (place, second) in combinations(enumerate(steps), 2):
        merged = _merged(first, second)
        if merged is not None:
            rest = [each for at, each in enumerate(steps) if each is not first and at != place]
            yield _with_steps(document, sorted([*rest, merged], key=begins_ms))


def _merged(first: Document, second: Document) -> Document | None:
    if "at" not in first or "at" not in second or "for" not in first or "for" not in second:
        return None
    action = action_of(first)
    if action != action_of(second):
        return None
    if first[action] != second[action] and action not in SERVICE_ACTIONS:
        return None
    ends_ms = max(begins_ms(each) + parse_duration_ms(each["for"]) for each in (first, second))
    lasts = render_duration(ends_ms - begins_ms(first))
    return {**first, action: _union(first[action], second[action]), "for": lasts}


def _union(first: Any, second: Any) -> Any:
    if first == second:
        return first
    both = [[*map(str, ALL_SERVICES)] if each == "all" else [*each] for each in (first, second)]
    union = [*dict.fromkeys([*both[0], *both[1]])]
    return "all" if len(union) == len(ALL_SERVICES) else union


def plainer_faults(document: Document) -> Iterator[Document]:
    """A time instead of an event, a plain cut instead of an odd one, one link instead of several."""
    for place, step in enumerate(document["steps"]):
        for plainer in _plainer(step):
            yield _with_step(document, place, plainer)


def _plainer(step: Document) -> Iterator[Document]:
    action = action_of(step)
    when = {"at": step["from"]} if "on" in step else {"at": step.get("at")}
    what = {key: value for key, value in step.items() if key not in WHEN}
    if "on" in step:
        yield {**when, **what}
    if "for" in step and (action != "cut" or step.get("mode", "refused") != "refused"):
        links = step[action] if action in SERVICE_ACTIONS else "all"
        timed = {key: value for key, value in step.items() if key in WHEN}
        yield {**timed, "cut": links, "mode": "refused", "for": step["for"]}
    if action in SERVICE_ACTIONS and (step[action] == "all" or len(step[action]) > 1):
        yield from ({**step, action: [service]} for service in ("kinesis", "iotanalytics"))


WHEN = ("at", "on", "from", "within", "delay")


def shorter_faults(document: Document) -> Iterator[Document]:
    """Each step lasts a second, a few, or half as long."""
    for place, step in enumerate(document["steps"]):
        if "for" not in step:
            continue
        lasts_ms = parse_duration_ms(step["for"])
        shorter = sorted({*DURATIONS_MS, _whole_s(lasts_ms / 2)})
        for chosen_ms in (each for each in shorter if 0 < each < lasts_ms):
            yield _with_step(document, place, {**step, "for": render_duration(chosen_ms)})


def earlier_faults(document: Document) -> Iterator[Document]:
    """Every step as soon after the one before it as may be, or half as long after it."""
    steps = document["steps"]
    warm_up_ms = parse_duration_ms(document["workload"]["warm_up"])
    for place, step in enumerate(steps):
        before_ms = max([warm_up_ms, *(begins_ms(each) for each in steps[:place])])
        waits_ms = begins_ms(step) - before_ms
        for chosen_ms in sorted({*PAUSES_MS, _whole_s(waits_ms / 2)}):
            if chosen_ms < waits_ms:
                moved = [_moved(each, chosen_ms - waits_ms) for each in steps[place:]]
                yield _with_steps(document, [*steps[:place], *moved])


def _whole_s(milliseconds: float) -> int:
    return max(1, round(milliseconds / 1_000)) * 1_000


def _moved(step: Document, by_ms: int) -> Document:
    key = "at" if "at" in step else "from"
    return {**step, key: render_duration(max(0, begins_ms(step) + by_ms))}


def shorter_run(document: Document) -> Iterator[Document]:
    """The run ends soon after the last step."""
    ends_ms = max((_ends_ms(each) for each in document["steps"]), default=0)
    workload = document["workload"]
    ends_ms = max(ends_ms, parse_duration_ms(workload["warm_up"]))
    run_for_ms = parse_duration_ms(workload["run_for"])
    for chosen_ms in sorted(
        {*(ends_ms + tail_ms for tail_ms in TAIL_MS), _whole_s(run_for_ms / 2)}
    ):
        if ends_ms < chosen_ms < run_for_ms:
            run_for = render_duration(chosen_ms)
            yield _with(document, workload={**workload, "run_for": run_for})


def _ends_ms(step: Document) -> int:
    lasts = (step.get("for"), step.get("within"), step.get("delay"))
    return begins_ms(step) + sum(parse_duration_ms(each) for each in lasts if each)


def rounder_times(document: Document) -> Iterator[Document]:
    """Times of all steps, and of the run, are as round as may be."""
    if all(_is_round(each) for each in document["steps"]):
        return
    for to_ms in ROUND_MS:
        yield _with_steps(
            {**document, "workload": _round_run(document["workload"], to_ms)},
            [_rounded(each, to_ms) for each in document["steps"]],
        )


def _is_round(step: Document) -> bool:
    return any(_rounded(step, to_ms) == step for to_ms in ROUND_MS)


def _round_run(workload: Document, to_ms: int) -> Document:
    run_for_ms = -(-parse_duration_ms(workload["run_for"]) // to_ms) * to_ms
    return {**workload, "run_for": render_duration(run_for_ms)}


def _rounded(step: Document, to_ms: int) -> Document:
    keys = [key for key in ("at", "from", "for") if key in step]
    rounded = {key: max(1, round(parse_duration_ms(step[key]) / to_ms)) * to_ms for key in keys}
    return {**step, **{key: render_duration(value) for key, value in rounded.items()}}


# -- load --------------------------------------------------------------------------------------


def less_load(document: Document) -> Iterator[Document]:
    """One sensor, plain readings, a round rate, half of it."""
    workload = document["workload"]
    if workload.get("sensors", 1) > 1:
        yield _with(document, workload={**workload, "sensors": 1})
    if "reading_size" in workload:
        plain = {key: value for key, value in workload.items() if key != "reading_size"}
        yield _with(document, workload=plain)
    for rate in _lower_rates(workload.get("rate", "20/s")):
        yield _with(document, workload={**workload, "rate": rate})


def _lower_rates(rate: str) -> Iterator[str]:
    """Round ones, the lowest first, and half of it in whole readings per minute."""
    rate_hz = parse_rate(rate)
    yield from (each for each in RATES if parse_rate(each) < rate_hz)
    half = round(rate_hz * 60) // 2
    if half:
        yield f"{half}/min" if half % 60 else f"{half // 60}/s"


# -- configuration -----------------------------------------------------------------------------


def less_configuration(document: Document) -> Iterator[Document]:
    """Without a setting, a condition, a judge."""
    site = document.get("site", {})
    for part in SETTINGS:
        for name in site.get(part, {}):
            yield _with(document, site=_without(site, part, name))
    for key in ("link", "drain", "conditions"):
        if key in document:
            yield {name: copy.deepcopy(own) for name, own in document.items() if name != key}
    judges = document["judge"]
    if len(judges) > 1:
        for place in range(len(judges)):
            yield _with(document, judge=judges[:place] + judges[place + 1 :])


def _without(site: Document, part: str, name: str) -> Document:
    """Without one variable, and without what is of no use then."""
    rest = {key: value for key, value in site[part].items() if key != name}
    smaller = {**site, part: rest}
    if name == "RAW_KINESIS_STREAM":
        smaller.pop("kinesis_streams", None)
    return {key: value for key, value in smaller.items() if value}


def plain_seed(document: Document) -> Iterator[Document]:
    """The seed that a scenario has which names none."""
    if "seed" in document:
        yield {key: copy.deepcopy(value) for key, value in document.items() if key != "seed"}


REDUCTIONS: tuple[Reduction, ...] = (
    without_faults,
    shorter_run,
    merged_faults,
    earlier_faults,
    shorter_run,
    shorter_faults,
    plainer_faults,
    less_load,
    less_configuration,
)
"""Faults first, then the load, then the configuration; a shorter run makes everything after it quicker."""

ROUNDING: tuple[Reduction, ...] = (rounder_times, plain_seed)
"""What makes nothing smaller, only easier to read: once, at the end."""
