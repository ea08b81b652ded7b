"""Two runs of the same plan in different editions: what each checker says, and what became of each reading."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.checkers.classes import Ending, Fates, fates
from harness.checkers.verdict import Judgement
from harness.history.history import History
from harness.plan.model import Plan

NOT_APPENDED = "not appended"
"""Nobody saw the reading come to the stream manager."""

NOT_ASKED = "not asked"
"""In the place of a verdict: there is no such checker on this side."""

EXAMPLES_MAX = 5
TOLERANCE = 0.05
"""How many readings of a hundred may end otherwise: how long a process needs to start is not the same everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the runs.

    Attributes:
        name: of its edition.
    """

    name: str
    history: History
    judgement: Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that is not the same on both sides.

    Attributes:
        what: a checker, or an exporter and its readings.
        ends: what it is on each side.
        readings: how many it is about; None where it is a verdict.
        examples: some of them.
        counts: whether it makes the runs differ; otherwise it is within the tolerance.
    """

    what: str
    ends: tuple[str, str]
    readings: int | None
    examples: tuple[str, ...]
    counts: bool

    def to_json(self) -> dict[str, Any]:
        """As `compare.json` has it."""
        return {
            "what": self.what,
            "first": self.ends[0],
            "second": self.ends[1],
            "readings": self.readings,
            "examples": list(self.examples),
            "counts": self.counts,
        }


def compare(
    plan: Plan, first: Side, second: Side, tolerance: float = TOLERANCE
) -> list[Difference]:
    """Everything that differs, verdicts first.

    Args:
        tolerance: the part of an exporter's readings that may end in another class; a lost one always counts.
    """
    return [
        *_verdicts(first.judgement, second.judgement),
        *_classes(_endings(plan, first), _endings(plan, second), tolerance),
    ]


def _verdicts(first: Judgement, second: Judgement) -> Iterator[Difference]:
    says = [{each.name: str(each.verdict) for each in side.checkers} for side in (first, second)]
    for name in _either(*says):
        ends = (says[0].get(name, NOT_ASKED), says[1].get(name, NOT_ASKED))
        if ends[0] != ends[1]:
            yield Difference(what=name, ends=ends, readings=None, examples=(), counts=True)


def _endings(plan: Plan, side: Side) -> dict[str, dict[str, str]]:
    """For each exporter in which class each planned reading ended."""
    planned = [
        f"{sensor}/{ordinal}"
        for sensor in plan.workload.sensors
        for ordinal in range(plan.workload.readings_per_sensor)
    ]
    found = {}
    for each in fates(side.history, plan):
        told = _readings(each)
        if told:
            found[each.exporter.key] = {name: told.get(name, NOT_APPENDED) for name in planned}
    return found


def _readings(fates: Fates) -> Mapping[str, str]:
    """How each reading ended; one that was appended again is lost where any of its messages is."""
    found: dict[str, str] = {}
    for each in fates.messages:
        reading = each.append.reading
        if reading is not None and found.get(reading) != Ending.LOST:
            found[reading] = str(each.ending)
    return found


def _either(first: Iterable[str], second: Iterable[str]) -> list[str]:
    """What is on either side, in the order of the first."""
    return [*dict.fromkeys([*first, *second])]


def _classes(
    first: Mapping[str, Mapping[str, str]],
    second: Mapping[str, Mapping[str, str]],
    tolerance: float,
) -> Iterator[Difference]:
    for exporter in _either(first, second):
        one, other = first.get(exporter, {}), second.get(exporter, {})
        pairs = {
            name: (one.get(name, NOT_APPENDED), other.get(name, NOT_APPENDED))
            for name in _either(one, other)
        }
        unlike = {name: ends for name, ends in pairs.items() if ends[0] != ends[1]}
        too_many = len(unlike) > tolerance * len(pairs)
        for ends, count in Counter(unlike.values()).most_common():
            yield Difference(
                what=f"readings of {exporter}",
                ends=ends,
                readings=count,
                examples=_examples([name for name, both in unlike.items() if both == ends]),
                counts=too_many or str(Ending.LOST) in ends,
            )


def _examples(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(names[:EXAMPLES_MAX])
