"""Which appended message is it that arrived? Requests seen at the cloud, told apart by what the edge tap saw.

A message is known by the hash of its payload. Equal payloads cannot be told apart: they are matched as multisets, each
arrival with the earliest of them that has not arrived yet, and are called ambiguous. So are payloads that another
exporter to the same target may have sent.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

from harness.checkers.once import once
from harness.history.history import History
from harness.history.operations import Append, Exporter, Outcome, Put


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One message of one request.

    Attributes:
        append: by which the exporter's stream got it; None: no append of the stream explains this payload.
        position: its place in the request.
        ambiguous: it may as well be another message: of equal payload, or of another exporter to the same target.
        copy: how often it had arrived before, whatever came of it.
        kept: whether the cloud kept it, for all that is known.
    """

    append: Append | None
    put: Put
    position: int
    ambiguous: bool
    copy: int
    kept: Outcome

    @property
    def number(self) -> int | None:
        """Its sequence number; None also where no client was told."""
        return None if self.append is None else self.append.number


@once
def arrivals(history: History, exporter: Exporter) -> list[Arrival]:
    """Every message of every request to an exporter's target, by arrival."""
    candidates = by_hash(history.stream_of(exporter).appends)
    shared = hashes_of_others(history, exporter)
    waiting = {hash_: cycle(appends) for hash_, appends in candidates.items()}
    copies: dict[str, int] = defaultdict(int)
    found = []
    for put, position in _messages(history.puts_to(exporter.service, exporter.target)):
        hash_ = put.hashes[position]
        equal = candidates.get(hash_, ())
        found.append(
            Arrival(
                append=next(waiting[hash_]) if equal else None,
                put=put,
                position=position,
                ambiguous=len(equal) > 1 or hash_ in shared,
                copy=copies[hash_] // max(1, len(equal)),
                kept=kept(put, position),
            )
        )
        copies[hash_] += 1
    return found


def kept(put: Put, position: int) -> Outcome:
    """Whether the cloud kept the message at a place of a request."""
    if put.outcome is Outcome.OK and position in put.rejected:
        return Outcome.FAILED
    return put.outcome


def by_hash(appends: Iterable[Append]) -> Mapping[str, Sequence[Append]]:
    """The appends that are or may be stored by payload: those of known number first, ascending, then by time."""
    found: dict[str, list[Append]] = defaultdict(list)
    for append in appends:
        if append.outcome is not Outcome.FAILED:
            found[append.hash].append(append)
    for equal in found.values():
        equal.sort(key=_order)
    return dict(found)


def rivals(history: History, exporter: Exporter) -> list[Exporter]:
    """The other exporters to the same target."""
    return [
        other
        for other in history.exporters
        if (other.service, other.target) == (exporter.service, exporter.target)
        and (other.key, other.epoch) != (exporter.key, exporter.epoch)
    ]


@once
def hashes_of_others(history: History, exporter: Exporter) -> set[str]:
    """Payloads that other exporters to the same target may have sent."""
    return {
        append.hash
        for other in rivals(history, exporter)
        for append in history.stream_of(other).appends
        if append.outcome is not Outcome.FAILED
    }


def _order(append: Append) -> tuple[float, float]:
    return float("inf") if append.number is None else append.number, append.invoked_ms


def _messages(puts: Iterable[Put]) -> Iterator[tuple[Put, int]]:
    return ((put, position) for put in puts for position in range(len(put.hashes)))
