"""The judge's own model of a segmented stream: which segments there were and which append evicted which.

It follows from what the edge tap saw, and from the documents' rules, not from a server:
- a record takes its payload and a fixed overhead, which the judge does not know and supposes;
- a record that would make the active segment larger than the segment size begins a new one;
- an append that would make the stream larger than its maximum evicts whole segments, the oldest first, until it fits;
  exporting frees nothing;
- a stream manager that was started again may begin a new segment (`rolls`).

An append whose outcome is unknown may be stored or not: the numbers of later ones tell. What is not stored may still
have made room for itself before it failed. So an eviction has an earliest and a latest moment: as if each such append
had evicted, and as if none had.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

from harness.history.operations import Append, Outcome, StreamHistory

# A server that was held up may still do what its client has given up.
_BELATED_MS = 10_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Eviction:
    """One segment that went.

    Attributes:
        first, end: its sequence numbers, `end` excluded.
        by: number of the append that evicted it, at the latest.
        invoked_ms: until then it was certainly there.
        ended_ms: from then on it was certainly gone; None: it may still be there.
    """

    first: int
    end: int
    by: int
    invoked_ms: float
    ended_ms: float | None

    @property
    def gone_ms(self) -> float:
        """From when on it was certainly gone; infinite: it may still be there."""
        return float("inf") if self.ended_ms is None else self.ended_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentModel:
    """The segments of a stream, if a record takes `overhead` bytes besides its payload.

    Attributes:
        bases: first number of every segment there ever was, ascending.
        gone: the segments that were evicted, in their order.
        end: the number behind the newest message that is certainly stored.
        doubts: why the model may be wrong, a sentence each; empty if it follows from the history alone.
    """

    overhead: int
    bases: tuple[int, ...]
    gone: tuple[Eviction, ...]
    end: int
    doubts: tuple[str, ...] = ()
    _firsts: tuple[int, ...] = field(default=(), repr=False)

    def evicted(self, number: int) -> Eviction | None:
        """How the segment of a message went; None: it never had to go."""
        index = bisect_right(self._firsts, number) - 1
        if index < 0 or number >= self.gone[index].end:
            return None
        return self.gone[index]

    @property
    def evictions(self) -> Mapping[int, Eviction]:
        """How each message went that did."""
        return {number: each for each in self.gone for number in range(each.first, each.end)}

    def is_base(self, number: int) -> bool:
        """Whether a segment begins with a message."""
        index = bisect_right(self.bases, number) - 1
        return index >= 0 and self.bases[index] == number

    def oldest_at(self, at_ms: float) -> int:
        """The oldest message that was certainly still there at a moment."""
        ends = [each.end for each in self.gone if each.invoked_ms <= at_ms]
        return ends[-1] if ends else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """An append as the model takes it.

    Attributes:
        number: where it is stored; None: it makes room and stores nothing.
        payload: its bytes.
        limits: maximum size, segment size; the maximum is infinite where nothing is overwritten.
    """

    number: int | None
    payload: int
    invoked_ms: float
    done_ms: float
    limits: tuple[float, int]


def numbered(stream: StreamHistory, seen: Collection[str] = ()) -> dict[int, Append]:
    """The stored appends by number, ascending: what clients were told, and what follows from it.

    A number that no client was told belongs to an append without an answer that was invoked before a later number was
    acknowledged: one whose message was seen, else the one that was invoked last. A number that none can have got is
    left out.

    Args:
        seen: hashes that were found at a destination, so that they must be stored.
    """
    told = {each.number: each for each in reversed(stream.acknowledged())}
    unanswered = [each for each in stream.appends if _unanswered(each)]
    waiting = sorted(unanswered, key=lambda each: (each.hash in seen, each.invoked_ms))
    known: dict[int, Append] = {}
    before_ms = float("inf")
    for number in range(max((n for n in told if n is not None), default=-1), -1, -1):
        append = told.get(number)
        if append is None:
            append = _last(waiting, before_ms)
            if append is None:
                continue
            waiting.remove(append)
        elif append.ended_ms is not None:
            before_ms = min(before_ms, append.ended_ms)
        known[number] = append
    return dict(sorted(known.items()))


def _unanswered(append: Append) -> bool:
    return append.number is None and append.outcome is Outcome.UNKNOWN


def _last(appends: Sequence[Append], before_ms: float) -> Append | None:
    return next((each for each in reversed(appends) if each.invoked_ms < before_ms), None)


@dataclass(frozen=True, slots=True)
class Appended:
    """What a stream took, ready to be explained with one overhead after the other.

    Attributes:
        stored: what is certainly stored.
        tried: the same, and what may have made room, each where it may have done so.
    """

    stored: tuple[_Step, ...]
    tried: tuple[_Step, ...]
    doubts: tuple[str, ...]

    @classmethod
    def of(cls, stream: StreamHistory, seen: Collection[str] = ()) -> "Appended":
        """What the history of a stream tells of it; `seen` as in `numbered`."""
        known = numbered(stream, seen)
        stored = _tightened([_step(stream, *each) for each in known.items()])
        kept = {append.id for append in known.values()}
        lost = [each for each in stream.appends if each.id not in kept]
        return cls(tuple(stored), tuple(_merged(stream, stored, lost)), _doubts(stream, known))

    def explain(self, overhead: int, rolls: frozenset[int] = frozenset()) -> SegmentModel:
        """The segments, if a record takes `overhead` bytes besides its payload; `rolls` as in `explain`."""
        bases, latest = _simulate(self.stored, overhead, rolls)
        tried_bases, earliest = bases, latest
        if self.tried != self.stored:
            tried_bases, earliest = _simulate(self.tried, overhead, rolls)
        ended_ms = {each.first: each.ended_ms for each in latest}
        gone = tuple(replace(each, ended_ms=ended_ms.get(each.first)) for each in earliest)
        return SegmentModel(
            overhead=overhead,
            bases=tuple(sorted({*bases, *tried_bases})),
            gone=gone,
            end=_end(self.stored),
            doubts=self.doubts + self._doubts(bases, tried_bases),
            _firsts=tuple(each.first for each in gone),
        )

    def _doubts(self, bases: Sequence[int], tried: Sequence[int]) -> tuple[str, ...]:
        # Only a stream of one segment can differ here: what makes room takes its active segment away.
        if {*bases} <= {*tried} and all(base >= _end(self.stored) for base in {*tried} - {*bases}):
            return ()
        return ("an append that is not stored may have begun a segment",)


def explain(
    stream: StreamHistory, overhead: int, *, rolls: frozenset[int] = frozenset()
) -> SegmentModel:
    """The segments of a stream, if a record takes `overhead` bytes besides its payload.

    Args:
        rolls: numbers that began a new segment although they would have fitted, since the server was started again.
    """
    return Appended.of(stream).explain(overhead, rolls)


def _step(stream: StreamHistory, number: int | None, append: Append) -> _Step:
    done_ms = float("inf") if append.ended_ms is None else append.ended_ms
    return _Step(
        number=number,
        payload=append.size,
        invoked_ms=append.invoked_ms,
        done_ms=_belated_ms(append) if _unanswered(append) else done_ms,
        limits=_limits(stream, append.invoked_ms),
    )


def _tightened(stored: Sequence[_Step]) -> list[_Step]:
    """The same with narrower times: messages are stored in the order of their numbers."""
    invoked = accumulate((each.invoked_ms for each in stored), max)
    done = [*accumulate((each.done_ms for each in reversed(stored)), min)][::-1]
    return [
        replace(step, invoked_ms=begin, done_ms=end)
        for step, begin, end in zip(stored, invoked, done, strict=True)
    ]


def _belated_ms(append: Append) -> float:
    """Until when an append without an answer may have been done."""
    return float("inf") if append.ended_ms is None else append.ended_ms + _BELATED_MS


def _limits(stream: StreamHistory, at_ms: float) -> tuple[float, int]:
    """Maximum size and segment size in force at a moment."""
    then = stream.defined_at(at_ms)
    return float(then.max_size) if then.overwrites else float("inf"), then.segment_size


def _merged(
    stream: StreamHistory, stored: Sequence[_Step], lost: Sequence[Append]
) -> Iterator[_Step]:
    """What is stored, with what is not before each of the stored ones before which it may have been tried."""
    attempts = [_step(stream, None, each) for each in lost]
    before_ms = float("-inf")
    for step in stored:
        attempts = [each for each in attempts if each.done_ms > before_ms]
        for attempt in attempts:
            if attempt.invoked_ms < step.done_ms:
                yield replace(attempt, invoked_ms=max(attempt.invoked_ms, before_ms))
        yield step
        before_ms = step.invoked_ms
    # Behind the last answer no number tells which of them are stored: at the most, all.
    unanswered = [_step(stream, None, each) for each in lost if _unanswered(each)]
    for offset, step in enumerate(each for each in unanswered if each.done_ms > before_ms):
        yield replace(step, number=_end(stored) + offset)


def _end(stored: Sequence[_Step]) -> int:
    last = stored[-1].number if stored else None
    return 0 if last is None else last + 1


def _simulate(
    steps: Iterable[_Step], overhead: int, rolls: frozenset[int]
) -> tuple[list[int], list[Eviction]]:
    """The bases of all segments and the evictions, as the rules have it."""
    sizes: deque[int] = deque()  # Of the sealed segments.
    bases: list[int] = []
    evictions: list[Eviction] = []
    total = end = 0
    active = 0
    for step in steps:
        number = step.number
        size = step.payload + overhead
        max_size, segment_size = step.limits
        if number is None and size > segment_size:
            continue  # Refused before anything had to make room for it.
        while total and total + size > max_size:
            total -= sizes.popleft() if sizes else active
            first = bases[len(evictions)]
            behind = bases[len(evictions) + 1] if total else end
            evictions.append(_eviction(first, behind, step, end))
        if number is None:
            continue
        if not total or active + size > segment_size or number in rolls:
            if total:
                sizes.append(active)
            active = 0
            bases.append(number)
        active += size
        total += size
        end = number + 1
    return bases, evictions


def _eviction(first: int, end: int, step: _Step, next_number: int) -> Eviction:
    return Eviction(
        first=first,
        end=end,
        by=next_number if step.number is None else step.number,
        invoked_ms=step.invoked_ms,
        ended_ms=None if step.done_ms == float("inf") else step.done_ms,
    )


def _doubts(stream: StreamHistory, known: Mapping[int, Append]) -> tuple[str, ...]:
    """Where the numbers do not tell what is stored, a sentence each."""
    doubts = []
    holes = [number for number in range(max(known, default=-1)) if number not in known]
    if holes:
        doubts.append(
            f"{len(holes)} messages of {stream.name}, the first of them {holes[0]}, were appended unseen"
        )
    kept = {append.id for append in known.values()}
    if any(each.unsynced for each in stream.appends):
        doubts.append(f"a power cut may have taken messages of {stream.name} that were not synced")
    spare = [each for each in stream.appends if _unanswered(each) and each.id not in kept]
    for number, append in known.items():
        if _unanswered(append) and any(_confusable(append, each) for each in spare):
            doubts.append(
                f"message {number} of {stream.name} is one of several appends without an answer, of different sizes"
            )
    return tuple(doubts)


def _confusable(one: Append, other: Append) -> bool:
    apart = one.invoked_ms > _belated_ms(other) or other.invoked_ms > _belated_ms(one)
    return one.size != other.size and not apart
