"""Aggregates: is every acknowledged reading in exactly one aggregate, once a later one of its sensor is?

An aggregate says of which readings it was made: the first and the last sequence number in the stream that they were
read from, and how many. The edge tap saw both streams. For each sensor, in the order of its aggregates:
- skipped: acknowledged readings between the last number of one aggregate and the first of the next are in none;
- twice: an aggregate begins with a number that an earlier one has already;
- miscounted: it counts more or fewer readings than were acknowledged between its numbers.

Readings that may have been evicted before they were read accuse nobody, and an append without an answer may count or
not. Of an aggregate whose append had no answer, or that a power cut may have taken, nobody knows whether it is there:
it has its readings, and may be made again. What the stream manager loses is missed here as well; loss tells whose
fault that is.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
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
        self._told = stream.acknowledged()
        self._all = [each.number or 0 for each in self._told]
        self.numbers = [each.number or 0 for each in self._told if _sensor(each) == sensor]
        lost = [each for each in stream.appends if each.outcome is Outcome.UNKNOWN]
        self.doubtful = sum(_sensor(each) == sensor for each in lost)
        """How many readings were appended without an answer."""
        # Of several connections at once the later number may have been asked for earlier.
        asked = accumulate((each.invoked_ms for each in reversed(self._told)), min)
        self._asked_ms = [*asked][::-1]
        self._sizes = _summed(self._told)
        # Where in the stream they are, nobody knows: behind any message, at the worst.
        self._lost_ms = [each.invoked_ms for each in lost]
        self._lost_sizes = _summed(lost)

    def between(self, first: int, end: int) -> list[int]:
        """Acknowledged readings from one number to before another."""
        return self.numbers[bisect_left(self.numbers, first) : bisect_left(self.numbers, end)]

    def there(self, numbers: Iterable[int], at_ms: float) -> list[int]:
        """Those of these messages that were neither evicted before a moment nor too old, for certain."""
        if any(each[1].get("timeToLiveMillis") for each in self._stream.definitions):
            return []
        if not self._stream.overwrites:
            return [*numbers]
        end = bisect_right(self._asked_ms, at_ms)
        lost = self._lost_sizes[bisect_right(self._lost_ms, at_ms)]
        room = self._stream.max_size - self._stream.segment_size - lost
        begins = ((number, bisect_left(self._all, number)) for number in numbers)
        return [
            n for n, begin in begins if self._sizes[max(begin, end)] - self._sizes[begin] <= room
        ]


def _summed(appends: Iterable[Append]) -> list[int]:
    return [0, *accumulate(each.size + _OVERHEAD_MAX for each in appends)]


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
            if why := _unclear(sensor, sources):
                unclear.append(why)
            else:
                wrong += _wrong(history, _Source(sources[0], sensor), aggregates)
        count = sum(map(len, made.values()))
        figures = {"aggregates": count, "wrong": len(wrong)}
        blind = evidence.unheard(history, _NEEDED)
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


def _unclear(sensor: str, sources: Sequence[StreamHistory]) -> str:
    """Why nobody knows which readings the aggregates of a sensor are made of; empty: that is known."""
    if len(sources) != 1:
        return f"the readings of {sensor} are in {len(sources)} streams"
    # Their numbers were given again, so that those in an aggregate may mean either.
    if any(each.unsynced for each in sources[0].appends):
        return f"a power cut may have taken readings of {sensor}"
    return ""


def _wrong(history: History, source: _Source, made: Sequence[_Made]) -> Iterator[str]:
    told = reached = -1
    for each in made:
        aggregate, append = each.aggregate, each.append
        at = evidence.in_s(history, append.invoked_ms)
        span = f"{aggregate.first} to {aggregate.last}"
        name = f"the aggregate of {aggregate.sensor} over {span}, appended at {at},"
        skipped = source.there(source.between(reached + 1, aggregate.first), append.invoked_ms)
        if skipped:
            yield f"{name} skips {len(skipped)} readings, from {skipped[0]} to {skipped[-1]}"
        certain = append.outcome is Outcome.OK and not append.unsynced
        if certain and aggregate.first <= told:
            yield f"{name} begins with what an earlier one has, to {told}"
        known = source.between(aggregate.first, aggregate.last + 1)
        least = len(source.there(known, append.invoked_ms))
        if not least <= aggregate.count <= len(known) + source.doubtful:
            yield f"{name} counts {aggregate.count} readings, of which {len(known)} were acknowledged"
        told = max(told, aggregate.last) if certain else told
        reached = max(reached, aggregate.last)
