"""What an exporter passed over, and what it sent although it was gone: the facts that `overwrite` judges by a model."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harness.checkers.matching import arrivals
from harness.checkers.segments import numbered
from harness.history.history import History
from harness.history.operations import Append, Exporter, Outcome, Put


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Consecutive messages that were never sent although later ones were.

    Attributes:
        first, end: their numbers, `end` excluded: it was sent.
        sent_ms: when `end` arrived first.
        survived: whether `end` had waited since before the last heal, so that a part of the backlog came through.
    """

    first: int
    end: int
    sent_ms: float
    survived: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request with messages that no earlier one had.

    Attributes:
        numbers: of these messages, ascending.
        formed_ms: it was put together after this: when the one before it had succeeded.
    """

    put: Put
    numbers: tuple[int, ...]
    formed_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """How one exporter went through its stream.

    Attributes:
        appends: the stored messages by number.
        runs: what it never sent, ascending.
        refused: what it sent in vain, and gave up: numbers, ascending.
        requests: those that had anything new, by arrival.
        puts: all of its requests, by arrival.
        longest_put_ms: how long the cloud took to answer one of them, at most.
    """

    exporter: Exporter
    appends: Mapping[int, Append]
    runs: Sequence[Run]
    refused: Sequence[int]
    requests: Sequence[Request]
    puts: Sequence[Put]
    longest_put_ms: float

    def last_before(self, at_ms: float) -> Put | None:
        """Its last request that arrived before a moment."""
        index = bisect_left(self.puts, at_ms, key=lambda put: put.arrived_ms)
        return self.puts[index - 1] if index else None

    def missing(self) -> list[int]:
        """Everything that it passed over."""
        unsent = [number for run in self.runs for number in range(run.first, run.end)]
        return sorted([*unsent, *self.refused])


@dataclass(slots=True)
class _Sending:
    """What the cloud tap saw of an exporter.

    Attributes:
        first: the request in which each message arrived first.
        kept: the messages that may be kept, for all that is known.
        puts: all of its requests by id.
        new: by request, the messages that no earlier one had.
    """

    first: dict[int, Put] = field(default_factory=dict)
    kept: set[int] = field(default_factory=set)
    puts: dict[str, Put] = field(default_factory=dict)
    new: dict[str, list[int]] = field(default_factory=dict)

    def take(self, number: int, put: Put, kept: Outcome) -> None:
        """A message of a request arrived."""
        self.puts[put.id] = put
        if number not in self.first:
            self.first[number] = put
            self.new.setdefault(put.id, []).append(number)
        if kept is not Outcome.FAILED:
            self.kept.add(number)


def passage_of(history: History, exporter: Exporter) -> Passage:
    """How an exporter went through its stream."""
    durable = {each.hash for each in history.records_in(exporter.service, exporter.target)}
    appends = numbered(history.stream_of(exporter), durable)
    untold = {each.hash: number for number, each in appends.items() if each.number is None}
    sending = _Sending()
    for arrival in arrivals(history, exporter):
        number = arrival.number
        if number is None:
            number = untold.get(arrival.put.hashes[arrival.position])
        if number is not None:
            sending.take(number, arrival.put, arrival.kept)
    sending.kept |= {number for number, append in appends.items() if append.hash in durable}
    puts = sorted(sending.puts.values(), key=lambda put: put.arrived_ms)
    formed = sorted(each.ended_ms or 0.0 for each in puts if each.succeeded)
    newest = max(sending.first, default=-1)
    return Passage(
        exporter=exporter,
        appends=appends,
        runs=_runs(history, exporter, appends, sending),
        refused=sorted(n for n in sending.first if n < newest and n not in sending.kept),
        requests=[
            Request(
                put=put,
                numbers=tuple(sorted(sending.new[put.id])),
                formed_ms=_last_until(formed, put.arrived_ms),
            )
            for put in puts
            if put.id in sending.new
        ],
        puts=puts,
        longest_put_ms=max(
            (each.ended_ms - each.arrived_ms for each in puts if each.ended_ms is not None),
            default=0.0,
        ),
    )


def _last_until(moments: Sequence[float], at_ms: float) -> float:
    index = bisect_right(moments, at_ms)
    return moments[index - 1] if index else 0.0


def _runs(
    history: History, exporter: Exporter, appends: Mapping[int, Append], sending: _Sending
) -> list[Run]:
    runs = []
    begin: int | None = None
    for number in range(max(sending.first, default=-1) + 1):
        there = number in sending.first or number in sending.kept
        if there and begin is not None:
            put = sending.first.get(number)
            runs.append(
                Run(
                    first=begin,
                    end=number,
                    sent_ms=float("inf") if put is None else put.arrived_ms,
                    survived=_waited(history, exporter, appends.get(number), put),
                )
            )
            begin = None
        if not there and begin is None:
            begin = number
    # An exporter that was added later does not owe what was there before it.
    late = bool(runs) and runs[0].first == 0 and _added_later(exporter, appends)
    return runs[1:] if late else runs


def _added_later(exporter: Exporter, appends: Mapping[int, Append]) -> bool:
    first = next(iter(appends.values()), None)
    return first is not None and first.ended_ms is not None and first.ended_ms < exporter.defined_ms


def _waited(history: History, exporter: Exporter, append: Append | None, put: Put | None) -> bool:
    if append is None or append.ended_ms is None or put is None:
        return False
    heals = [
        each.possible_ms[1]
        for each in history.faults_on(exporter.service)
        if each.possible_ms[1] <= put.arrived_ms
    ]
    return append.ended_ms < max(heals, default=put.arrived_ms)
