"""Ordering: do the first copies of an exporter's messages reach the cloud in the order of their sequence numbers?

Judged by the order in which the cloud tap saw requests arrive, so that it does not matter over how many shards a
destination spreads them. A request proves something only if each of its messages was seen once: a batch that is sent
again may have been under way twice, and a refused part that is sent again may follow its neighbours. A request of which
the cloud kept nothing does not count as seen. What came over a slow link may have been given up long ago, and its
messages overwritten since, so that it proves nothing if a request was given up there. Messages of equal payload, or of
a payload that another exporter to the same target may have sent, prove nothing either.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar

from harness.checkers import evidence
from harness.checkers.links import Window
from harness.checkers.matching import Arrival, arrivals
from harness.checkers.verdict import EXAMPLES_MAX, Ruling, Verdict
from harness.history.history import History
from harness.history.operations import Exporter, Outcome
from harness.plan.model import Plan
from harness.scenario.judges import OrderingJudge

# Without one of these a request may have been seen once that was there twice, or numbers may be unknown.
_NEEDED = ("edge-tap", "cloud-tap")

# What a link that is sound again may need to let go of what it held.
_WAY_MS = 2_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """A message that arrived after a later one.

    Attributes:
        late: the message that came too late.
        before: the one with a higher number that came before it.
    """

    exporter: Exporter
    late: Arrival
    before: Arrival

    @property
    def distance(self) -> int:
        """How far apart their places in the stream are."""
        return (self.before.number or 0) - (self.late.number or 0)


class OrderingChecker:
    """See the module."""

    name: ClassVar[str] = "ordering"

    def __init__(self, judge: OrderingJudge) -> None:
        self._judge = judge

    def check(self, history: History, plan: Plan) -> Verdict:
        """The verdict on a run."""
        lines = {each.key: telling(history, each) for each in history.exporters}
        swaps = [swap for each in history.exporters for swap in _swaps(each, lines[each.key])]
        swaps.sort(key=lambda each: -each.distance)
        judged = sum(len(each) for each in lines.values())
        figures = {"judged": judged, "swapped": len(swaps)}
        found = (
            f"Of {judged} messages that could be judged {len(swaps)} arrived after a later one"
            if swaps
            else f"{judged} messages could be judged, each arrived after all that were appended before it"
        )
        gaps = evidence.unheard(history, _NEEDED) if swaps else self._gaps(history, lines.values())
        if gaps:
            reason = f"{found}. Unknown: {evidence.joined(gaps)}."
            return Verdict(name=self.name, verdict=Ruling.UNKNOWN, reason=reason, figures=figures)
        return Verdict(
            name=self.name,
            verdict=Ruling.INVALID if swaps else Ruling.VALID,
            reason=f"{found}.",
            examples=tuple(_told(history, each) for each in swaps[:EXAMPLES_MAX]),
            figures=figures,
        )

    def _gaps(self, history: History, lines: Iterable[Sequence[Arrival]]) -> list[str]:
        gaps = evidence.gaps(history)
        if all(len(each) < 2 for each in lines):
            gaps.insert(0, "no two messages of one exporter could be compared")
        return gaps


def telling(history: History, exporter: Exporter) -> list[Arrival]:
    """The arrivals whose place in the order is beyond doubt."""
    slow = [Window(*each.possible_ms) for each in history.faults_on(exporter.service) if each.holds]
    given_up = [
        each.ended_ms
        for each in history.requests
        if each.service == exporter.service
        and each.outcome is not Outcome.OK
        and each.ended_ms is not None
    ]
    everything = arrivals(history, exporter)
    found = [each for each in everything if each.put.outcome is not Outcome.FAILED]
    seen = Counter(each.append.id for each in found if each.append is not None)
    proven = []
    for _, messages in groupby(found, key=lambda each: each.put.id):
        request = [*messages]
        belated = _belated(request[0].put.arrived_ms, slow, given_up)
        if not belated and all(_once(each, seen) for each in request):
            proven += [each for each in request if each.number is not None]
    return proven


def _belated(arrived_ms: float, slow: Sequence[Window], given_up: Sequence[float]) -> bool:
    """Whether a request may have been held by a slow link until after its sender had given it up."""
    return any(
        window.touches(arrived_ms - _WAY_MS, arrived_ms)
        and any(window.begin_ms <= at <= arrived_ms for at in given_up)
        for window in slow
    )


def _once(arrival: Arrival, seen: Counter[str]) -> bool:
    if arrival.append is None:
        return True
    alone = seen[arrival.append.id] == 1 and not arrival.ambiguous
    return alone and arrival.kept is not Outcome.FAILED


def _swaps(exporter: Exporter, line: Iterable[Arrival]) -> list[Swap]:
    """Each message that a later one overtook, with the latest of them."""
    swaps: list[Swap] = []
    newest: Arrival | None = None
    for arrival in line:
        if newest is None or (arrival.number or 0) >= (newest.number or 0):
            newest = arrival
        else:
            swaps.append(Swap(exporter=exporter, late=arrival, before=newest))
    return swaps


def _told(history: History, swap: Swap) -> str:
    late, before = swap.late, swap.before
    reading = f" ({late.append.reading})" if late.append and late.append.reading else ""
    arrived = f"message {late.number}{reading} of {swap.exporter.key}"
    if late.put.id == before.put.id:
        at = evidence.in_s(history, late.put.arrived_ms)
        return f"{arrived} stood behind message {before.number} in the request that arrived at {at}"
    return (
        f"{arrived} arrived at {evidence.in_s(history, late.put.arrived_ms)}, after message {before.number}, which "
        f"arrived at {evidence.in_s(history, before.put.arrived_ms)}"
    )
