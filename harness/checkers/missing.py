"""Why an acknowledged message is not at the destination of one exporter.

It is legally gone if it was overwritten or had expired before the exporter went past it, or if a power cut may have
taken it before it was synced; it may be under way if the run ended too early for it. Otherwise it is lost, which is
found in one of four ways:

- kept: the cloud said that it kept it, and does not hold it: no fault of the site, so that nobody is accused;
- passed: later messages were sent, and it was in no request: an exporter goes forward only;
- given up: it was sent and not kept; long afterwards, the link being sound, later ones were sent in its place;
- overdue: it was owed when the drain began, and the drain waited for it to its deadline. If it arrived behind that, it
  is late, and that is told of it.

A rest smaller than a batch without an interval is never overdue, since nothing but a later message makes it due. It
hides nothing: the source runs on until the drain is over, so that what was owed is pushed out by what came after it.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import accumulate

from harness.checkers import evidence
from harness.checkers.carrying import too_much
from harness.checkers.links import Links, Window
from harness.checkers.matching import Arrival, arrivals
from harness.checkers.overwriting import Overwriting, gone_before
from harness.fault.clock_jump import ClockJump
from harness.history.history import History
from harness.history.lines import at_ms
from harness.history.operations import SITEWISE, Append, Exporter, Outcome
from harness.plan.model import Plan
from harness.scenario.judges import READ_TIMEOUT_MS

# What a busy machine may need to notice that a wait is over.
_GRACE_MS = 5_000.0


class Way(StrEnum):
    """Why a message that is missing is not lost."""

    NOT_OWED = "not owed"
    OVERWRITTEN = "overwritten"
    EXPIRED = "expired"
    UNSYNCED = "unsynced"
    PENDING = "pending"
    WAITED_FOR = "the drain waited for it, and ended without it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """How a message was found to be lost.

    Attributes:
        clause: `kept`, `passed`, `given up`, `overdue` or `late`.
        sentence: what happened to it, as a clause that begins with its number.
        witnesses: those whose evidence it depends on.
        read: whether it depends on what the destination was found to hold.
        doubt: why it may be otherwise although all witnesses are there; empty: it may not.
    """

    clause: str
    sentence: str
    witnesses: tuple[str, ...]
    read: bool
    doubt: str = ""


class Missing:
    """See the module. For one exporter."""

    def __init__(
        self, history: History, plan: Plan, overwriting: Overwriting, exporter: Exporter
    ) -> None:
        self._history = history
        self._plan = plan
        self._exporter = exporter
        self._stream = history.stream_of(exporter)
        self._links = Links(history)
        self._attempts: dict[str, list[Arrival]] = defaultdict(list)
        found = arrivals(history, exporter)
        for arrival in found:
            self._attempts[arrival.put.hashes[arrival.position]].append(arrival)
        self._first = _First(each for each in found if not each.ambiguous)
        self._later = _newest_new(each for each in found if each.put.succeeded)
        self._fresh = _newest_new(found)
        durable = Counter(
            each.hash for each in history.records_in(exporter.service, exporter.target)
        )
        self._durable = durable
        told = [each for each in self._stream.appends if each.outcome is Outcome.OK]
        self._model = overwriting.best(
            exporter,
            {
                each.number: self._passed_ms(each)
                for each in told
                if each.number is not None and each.hash not in durable
            },
        )
        self._ready_ms = self._ready_of(told)
        self._rest = {id_ for id_, at in self._ready_ms.items() if at == float("inf")}
        self._line = _Line(
            (e.number, _told_ms(e)) for e in told if e.number is not None and not e.unsynced
        )
        self._gone = sorted(_number(each) for each in told if each.unsynced)
        self._jumps = [
            each for each in history.faults if each.kind == ClockJump.kind and each.begun
        ]

    def explain(self, append: Append) -> Way | Finding:
        """Why an acknowledged message is not there."""
        if self._before_exporter(append) or self._never_taken(append):
            return Way.NOT_OWED
        if kept := self._kept(append):
            return kept
        passed_ms = self._passed_ms(append)
        if self._overwritten(append, passed_ms):
            return Way.OVERWRITTEN
        if self._expired(append, passed_ms):
            return Way.EXPIRED
        if append.unsynced:
            return Way.UNSYNCED
        found = self._passed(append, passed_ms) or self._given_up(append)
        if found or self._exporter.removed_ms is not None:
            return found or Way.PENDING
        return self._overdue(append) or self._pending(append)

    def _never_taken(self, append: Append) -> bool:
        """Whether SiteWise never takes it, so that its exporter has to step over it."""
        if self._exporter.service != SITEWISE:
            return False
        attempts = self._attempts.get(append.hash, ())
        return not append.is_entry or any(each.position in each.put.final for each in attempts)

    def late(self, append: Append) -> Finding | None:
        """Whether a message that is there arrived only after the drain's deadline."""
        begin, end = self._drained
        if begin is None or end is None:
            return None
        attempts = self._attempts.get(append.hash, ())
        arrived = (e.put.arrived_ms for e in attempts if e.kept is not Outcome.FAILED)
        arrived_ms = min(arrived, default=0.0)
        if arrived_ms <= end or not self._owed(append):
            return None
        if not self._due(self._ready_at_the_latest(append), begin, end):
            return None
        at = evidence.in_s(self._history, arrived_ms)
        return self._too_late("late", f"{self._name(append)} arrived at {at}, after", begin, end)

    # -- legally gone --------------------------------------------------------------------------

    def _before_exporter(self, append: Append) -> bool:
        ended = append.ended_ms
        return ended is not None and ended < self._exporter.defined_ms

    def _passed_ms(self, append: Append) -> float:
        """When the exporter went past a message: at the first later one that arrived, or never.

        It may come back to what it has sent in vain, until it sends new ones instead.
        """
        number = _number(append)
        if attempts := self._attempts.get(append.hash):
            last_ms = max(each.put.arrived_ms for each in attempts)
            begin = bisect_right(self._fresh, (last_ms, float("inf")))
            new = (at for at, newest in self._fresh[begin:] if newest > number)
            return next(new, float("inf"))
        past_ms = self._first.after(number)
        same = self._first.message(number)
        # Two messages cannot have one number: if another one arrived with it, this one never will.
        if same is not None and same.append is not None and same.append.id != append.id:
            past_ms = min(past_ms, same.put.arrived_ms)
        return past_ms

    def _overwritten(self, append: Append, passed_ms: float) -> bool:
        if self._model is None or append.number is None:
            return False
        return gone_before(self._model, append.number, passed_ms)

    def _expired(self, append: Append, passed_ms: float) -> bool:
        settings = self._stream.defined_at(append.invoked_ms).definitions
        lives_ms = settings[-1][1].get("timeToLiveMillis") if settings else None
        if not lives_ms:
            return False
        until_ms = min(passed_ms, self._ends_ms)
        # Ages are told by a clock that may have jumped.
        wrong_ms = sum(
            abs(float(each.parameters["by_ms"]))
            for each in self._jumps
            if Window(*each.possible_ms).touches(append.invoked_ms, until_ms)
        )
        return append.invoked_ms + float(lives_ms) - wrong_ms < until_ms

    # -- lost ----------------------------------------------------------------------------------

    def _kept(self, append: Append) -> Finding | None:
        attempts = self._attempts.get(append.hash, ())
        kept = [each for each in attempts if each.kept is Outcome.OK]
        read = self._history.read_back.get((self._exporter.service, self._exporter.target))
        held = self._durable[append.hash]
        if len(kept) <= held or read is None or not read.complete:
            return None
        at = evidence.in_s(self._history, kept[held].put.arrived_ms)
        return Finding(
            clause="kept",
            sentence=f"{self._name(append)} arrived at {at}, the cloud said that it kept it, and does not hold it",
            witnesses=("edge-tap", "cloud-tap", "cloud-reader"),
            read=True,
            doubt="the cloud lost what it had said that it keeps",
        )

    def _passed(self, append: Append, passed_ms: float) -> Finding | None:
        if passed_ms == float("inf") or append.hash in self._attempts:
            return None
        at = evidence.in_s(self._history, passed_ms)
        return Finding(
            clause="passed",
            sentence=f"{self._name(append)} was in no request, although the exporter had gone past it at {at}",
            witnesses=("edge-tap", "cloud-tap"),
            read=False,
        )

    def _given_up(self, append: Append) -> Finding | None:
        attempts = self._attempts.get(append.hash)
        if not attempts:
            return None
        last_ms = max(_ended_ms(each) for each in attempts)
        number = _number(append)
        for arrived_ms, newest in self._later:
            sound_ms = max(last_ms, self._links.quiet_since(self._exporter.service, arrived_ms))
            enough_ms = self._plan.site.backoff_ms_max + _GRACE_MS
            if newest > number and arrived_ms - sound_ms > enough_ms:
                stalled = evidence.stalled(self._history, sound_ms, arrived_ms)
                return Finding(
                    clause="given up",
                    sentence=f"{self._name(append)} was sent last at "
                    f"{evidence.in_s(self._history, last_ms)} and not kept; at "
                    f"{evidence.in_s(self._history, arrived_ms)} later ones were sent in its place",
                    witnesses=("edge-tap", "cloud-tap", "nemesis", "harness", "cloud-reader"),
                    read=True,
                    doubt="the machine stood still for a while" if stalled else "",
                )
        return None

    def _overdue(self, append: Append) -> Finding | None:
        begin, end = self._drained
        if begin is None or end is None or not self._owed(append):
            return None
        if not self._due(self._ready_ms.get(append.id, 0.0), begin, end):
            return None
        return self._too_late("overdue", f"{self._name(append)} had not arrived by", begin, end)

    def _too_late(self, clause: str, what: str, begin_ms: float, end_ms: float) -> Finding:
        return Finding(
            clause=clause,
            sentence=f"{what} the end of the drain's deadline at {evidence.in_s(self._history, end_ms)}",
            witnesses=("edge-tap", "uplink-tap", "cloud-tap", "nemesis", "harness"),
            read=clause == "overdue",
            doubt=self._drain_doubt,
        )

    def _pending(self, append: Append) -> Way:
        """Whether a message that is still under way was waited for."""
        begin, end = self._drained
        waited = begin is not None and end is None and self._owed(append)
        return Way.WAITED_FOR if waited and append.id not in self._rest else Way.PENDING

    def _owed(self, append: Append) -> bool:
        """Whether the drain waited for a message."""
        owed = next((dict(line.get("owed") or {}) for line in self._history.drain), {})
        newest = owed.get(self._exporter.key)
        if newest is not None and append.number is not None:
            return append.number <= int(newest)
        begin = self._drained[0]
        return append.ended_ms is not None and begin is not None and append.ended_ms <= begin

    @cached_property
    def _drained(self) -> tuple[float | None, float | None]:
        """When the drain began and when its deadline was over; it never was if all that it waited for came."""
        lines = {str(line["type"]): at_ms(line) for line in self._history.drain}
        return lines.get("invoked"), lines.get("failed")

    @cached_property
    def _drain_doubt(self) -> str:
        """Why what did not come before the drain's deadline may be late lawfully; empty: it may not."""
        begin_ms, end_ms = self._drained
        if begin_ms is None or end_ms is None:
            return ""
        if self._links.faulty([self._exporter.service], begin_ms, end_ms):
            return "not all links were healed when the drain began"
        if evidence.stalled(self._history, begin_ms, end_ms):
            return "the machine stood still during the drain"
        services = [self._exporter.service]
        if slow := evidence.waited_for_cloud(self._history, services, begin_ms, end_ms):
            return slow
        return too_much(self._history, self._plan, begin_ms, end_ms)

    def _due(self, ready_ms: float, begin_ms: float, end_ms: float) -> bool:
        """Whether a message that made a batch at a moment had to arrive before the drain's deadline."""
        patience_ms = self._plan.site.backoff_ms_max + READ_TIMEOUT_MS + _GRACE_MS
        return ready_ms <= begin_ms or ready_ms + patience_ms <= end_ms

    def _ready_of(self, told: Sequence[Append]) -> dict[str, float]:
        """When each message at the end of the line made a batch, by its id; infinite: never.

        What is not here has made one long ago. What was sent before the stream manager was started again may be taken
        for a rest by the next one.
        """
        restarted_ms = max((each.begin_ms for each in self._links.restarts), default=0.0)
        newest = self._first.newest_sent(since_ms=restarted_ms)
        tail = sorted((each for each in told if _number(each) > newest), key=_number)
        size, interval_ms = self._exporter.batch_size, self._exporter.batch_interval_ms
        # Where the first ones may be gone, nobody knows with which of them a batch began.
        never = float("inf")
        whole = not any(self._overwritten(e, never) or self._expired(e, never) for e in tail)
        ready: dict[str, float] = {}
        for index, append in enumerate(tail):
            batch = tail[index - index % size if whole else index :][:size]
            # Nobody knows which of those that a power cut may have taken are in it.
            full = len(batch) == size and not any(each.unsynced for each in tail)
            full_ms = max(map(_told_ms, batch)) if full else float("inf")
            old_ms = float("inf") if interval_ms is None else _told_ms(append) + interval_ms
            ready[append.id] = min(full_ms, old_ms)
        return ready

    def _ready_at_the_latest(self, append: Append) -> float:
        """When a message made a batch even if it was the first of it."""
        interval_ms = self._exporter.batch_interval_ms
        behind = len(self._gone) - bisect_left(self._gone, _number(append))
        full_ms = self._line.reached_ms(_number(append) + self._exporter.batch_size - 1 + behind)
        old_ms = float("inf") if interval_ms is None else _told_ms(append) + interval_ms
        return min(full_ms, old_ms)

    # -- small things --------------------------------------------------------------------------

    @property
    def _ends_ms(self) -> float:
        return min(self._history.edge_ends_ms, self._history.ended_ms)

    def _name(self, append: Append) -> str:
        reading = f" ({append.reading})" if append.reading else ""
        at = "" if append.ended_ms is None else evidence.in_s(self._history, append.ended_ms)
        return f"message {append.number}{reading} of {self._exporter.key}, acknowledged at {at},"


class _First:
    """First arrivals by number."""

    def __init__(self, found: Iterable[Arrival]) -> None:
        self._messages: dict[int, Arrival] = {}
        self._all = [each for each in found if each.number is not None]
        for arrival in self._all:
            self._messages.setdefault(arrival.number or 0, arrival)
        self._line = _Line((number, each.put.arrived_ms) for number, each in self._messages.items())

    def newest_sent(self, since_ms: float) -> int:
        """The highest number that was kept, or that was sent after a moment."""
        return max(
            (
                each.number or 0
                for each in self._all
                if each.kept is Outcome.OK or each.put.arrived_ms >= since_ms
            ),
            default=-1,
        )

    def message(self, number: float) -> Arrival | None:
        """The first arrival of a number."""
        return self._messages.get(int(number)) if number != float("inf") else None

    def after(self, number: float) -> float:
        """When the first message with a higher number arrived; infinite: none did."""
        return self._line.reached_ms(number + 1)


class _Line:
    """Moments by number.

    Args:
        moments: pairs of number and milliseconds.
    """

    def __init__(self, moments: Iterable[tuple[int, float]]) -> None:
        known = sorted(moments)
        self._numbers = [number for number, _ in known]
        self._earliest = [*accumulate((at for _, at in reversed(known)), min)][::-1]

    def reached_ms(self, number: float) -> float:
        """The first moment of this number or a higher one; infinite: there is none."""
        index = bisect_left(self._numbers, number)
        return self._earliest[index] if index < len(self._numbers) else float("inf")


def _newest_new(found: Iterable[Arrival]) -> list[tuple[float, float]]:
    """When each request arrived that had anything new, and the highest number that was, by arrival."""
    newest: dict[tuple[float, str], int] = {}
    for arrival in found:
        if arrival.copy == 0 and not arrival.ambiguous and arrival.number is not None:
            key = arrival.put.arrived_ms, arrival.put.id
            newest[key] = max(newest.get(key, -1), arrival.number)
    return sorted((at, float(number)) for (at, _), number in newest.items())


def _told_ms(append: Append) -> float:
    return float("inf") if append.ended_ms is None else append.ended_ms


def _number(append: Append) -> float:
    return float("inf") if append.number is None else append.number


def _ended_ms(arrival: Arrival) -> float:
    put = arrival.put
    return put.arrived_ms if put.ended_ms is None else put.ended_ms
