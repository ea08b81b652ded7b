"""Aggregates: is every acknowledged reading in exactly one aggregate, once a later one of its sensor is?

An aggregate says of which readings it was made: the first and the last sequence number in the stream that they were
read from, and how many. The edge tap saw both streams. For each sensor, in the order of its aggregates:
- skipped: acknowledged readings between the last number of one aggregate and the first of the next are in none;
- twice: an aggregate begins with a number that an earlier one has already;
- miscounted: it counts more or fewer readings than were acknowledged between its numbers.

Readings that may have been evicted before they were read accuse nobody, and an append without an answer may count or
not. What the stream manager loses is missed here as well; loss tells whose fault that is.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import ClassVar

from harness.checkers import evidence
from harness.checkers.verdict import Ruling, Verdict, ruled
from harness.history.history import History
from harness.history.operations import Aggregate, Append, Outcome, StreamHistory
from harness.plan.model import Plan
from harness.scenario.judges import AggregatesJudge

_OVERHEAD_MAX = 64
_NEEDED = ("edge-tap",)


@dataclass(frozen=True, slots=True)
class _Made:
    """An aggregate and the append that brought it."""

    aggregate: Aggregate
    append: Append


class _Source:
    """The stream that has the readings of a sensor."""

    def __init__(self, stream: StreamHistory, sensor: str) -> None:
        self._stream = stream
        told = stream.acknowledged()
        self.numbers = [each.number or 0 for each in told if _sensor(each) == sensor]
        self._lost = [
            each
            for each in stream.appends
            if each.outcome is not Outcome.OK
            and each.outcome is not Outcome.FAILED
            and _sensor(each) == sensor
        ]
        self._asked_ms = [each.invoked_ms for each in told]
        self._sizes = [0, *accumulate(each.size + _OVERHEAD_MAX for each in told)]
        self._all = [each.number or 0 for each in told]

    def between(self, first: int, end: int) -> list[int]:
        """Acknowledged readings from one number to before another."""
        return self.numbers[bisect_left(self.numbers, first) : bisect_left(self.numbers, end)]

    @property
    def doubtful(self) -> int:
        """How many readings were appended without an answer."""
        return len(self._lost)

    def may_be_gone(self, number: int, at_ms: float) -> bool:
        """Whether a message may have been evicted before a moment, or have been too old."""
        if any(each[1].get("timeToLiveMillis") for each in self._stream.definitions):
            return True
        if not self._stream.overwrites:
            return False
        begin, end = bisect_left(self._all, number), bisect_right(self._asked_ms, at_ms)
        room = self._stream.max_size - self._stream.segment_size
        return self._sizes[max(begin, end)] - self._sizes[begin] > room


def _sensor(append: Append) -> str | None:
    return append.reading.rpartition("/")[0] if append.reading else None


class AggregatesChecker:
    """See the module."""

    name: ClassVar[str] = "aggregates"

    def __init__(self, judge: AggregatesJudge) -> None:
        self._judge = judge

    def check(self, history: History, plan: Plan) -> Verdict:
        """The verdict on a run."""
        made = _made(history)
        wrong: list[str] = []
        unclear: list[str] = []
        for sensor, aggregates in sorted(made.items()):
            sources = [each for each in history.streams.values() if _has(each, sensor)]
            if len(sources) == 1:
                wrong += _wrong(history, _Source(sources[0], sensor), aggregates)
            else:
                unclear.append(f"the readings of {sensor} are in {len(sources)} streams")
        count = sum(map(len, made.values()))
        figures = {"aggregates": count, "wrong": len(wrong)}
        blind = [*evidence.unheard(history, _NEEDED), *unclear]
        blind += [f"the edge tap did not understand all ({each})" for each in history.misread[:1]]
        if wrong and not blind:
            reason = f"Of {count} aggregates {len(wrong)} are not made of what was acknowledged."
            return ruled(self.name, Ruling.INVALID, reason, figures, wrong)
        found = f"{count} aggregates are made of every reading before them, each once"
        if wrong:
            found = f"{len(wrong)} of {count} aggregates look wrong"
        gaps = [*unclear, *blind, *evidence.gaps(history)]
        if count < self._judge.aggregates_at_least:
            gaps.insert(0, f"at least {self._judge.aggregates_at_least} aggregates are needed")
        if gaps:
            gaps = list(dict.fromkeys(gaps))
            reason = f"{found}. Unknown: {evidence.joined(gaps)}."
            return ruled(self.name, Ruling.UNKNOWN, reason, figures)
        return ruled(self.name, Ruling.VALID, f"{found}.", figures)


def _made(history: History) -> dict[str, list[_Made]]:
    """By sensor what was aggregated and not refused, in its order."""
    made: dict[str, list[_Made]] = defaultdict(list)
    for stream in history.streams.values():
        for append in stream.appends:
            if append.aggregate is not None and append.outcome is not Outcome.FAILED:
                made[append.aggregate.sensor].append(_Made(append.aggregate, append))
    return made


def _has(stream: StreamHistory, sensor: str) -> bool:
    return any(_sensor(each) == sensor for each in stream.appends)


def _wrong(history: History, source: _Source, made: Sequence[_Made]) -> Iterator[str]:
    reached = -1
    for each in made:
        aggregate, append = each.aggregate, each.append
        at = evidence.in_s(history, append.invoked_ms)
        span = f"{aggregate.first} to {aggregate.last}"
        name = f"the aggregate of {aggregate.sensor} over {span}, appended at {at},"
        skipped = source.between(reached + 1, aggregate.first)
        if skipped and not source.may_be_gone(skipped[0], append.invoked_ms):
            yield f"{name} skips {len(skipped)} readings, from {skipped[0]} to {skipped[-1]}"
        if append.outcome is Outcome.OK and aggregate.first <= reached:
            yield f"{name} begins with what an earlier one has, to {reached}"
        there = len(source.between(aggregate.first, aggregate.last + 1))
        if not there <= aggregate.count <= there + source.doubtful:
            yield f"{name} counts {aggregate.count} readings, of which {there} were acknowledged"
        reached = max(reached, aggregate.last)
