"""Duplication: is every second copy explained, and is nothing at a destination that nobody appended?

1. unexplained: a message that the cloud had kept was sent again although nothing was observed that may have kept the
   answer from its sender (`resends`);
2. unsent: a destination holds more copies than there were requests that may have brought them;
3. unexpected: a destination holds what no append explains, or what was refused to its client.

IoT SiteWise keeps values and no messages, so that nobody knows which message brought what it holds: the second and the
third clause accuse nobody there.

Messages of equal payload are counted together: as many copies as there were appends are none too many. What several
exporters may have brought to one target is judged by the second and third clause alone.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from harness.checkers import evidence
from harness.checkers.classes import copies_at
from harness.checkers.links import Links
from harness.checkers.matching import Arrival, arrivals, by_hash, hashes_of_others, kept
from harness.checkers.resends import Cause, Resends
from harness.checkers.verdict import Ruling, Verdict, ruled
from harness.history.history import History
from harness.history.operations import SITEWISE, Exporter, Outcome
from harness.plan.model import Plan
from harness.scenario.judges import DuplicationJudge


@dataclass(frozen=True, slots=True, kw_only=True)
class _Excess:
    """A copy that should not be there.

    Attributes:
        sentence: what happened.
        witnesses: those without which it may be otherwise.
    """

    clause: str
    sentence: str
    witnesses: tuple[str, ...]


class DuplicationChecker:
    """See the module."""

    name: ClassVar[str] = "duplication"

    def __init__(self, judge: DuplicationJudge) -> None:
        self._judge = judge

    def check(self, history: History, plan: Plan) -> Verdict:
        """The verdict on a run."""
        causes: Counter[str] = Counter()
        excess = [*_unexpected(history), *_unsent(history)]
        for exporter in history.exporters:
            excess += _unexplained(history, plan, exporter, causes)
        certain = [each for each in excess if not _open(history, each)]
        figures = _figures(causes, excess)
        found = _finding(causes, excess)
        if certain:
            return ruled(
                self.name, Ruling.INVALID, f"{found}.", figures, [e.sentence for e in certain]
            )
        doubts = [gap for each in excess for gap in _open(history, each)]
        gaps = [*doubts, *evidence.gaps(history), *evidence.unread(history, history.exporters)]
        if not any(put.hashes for put in history.puts):
            gaps.append("nothing was sent")
        if gaps:
            gaps = list(dict.fromkeys(gaps))
            reason = f"{found}. Unknown: {evidence.joined(gaps)}."
            return ruled(self.name, Ruling.UNKNOWN, reason, figures)
        return ruled(self.name, Ruling.VALID, f"{found}.", figures)


def _open(history: History, excess: _Excess) -> list[str]:
    """Why a copy that should not be there may be sound, a clause each."""
    open_ = evidence.unheard(history, excess.witnesses)
    if excess.clause == "unexpected" and history.misread:
        open_.append(f"the edge tap did not understand all that passed it ({history.misread[0]})")
    return open_


def _unexplained(
    history: History, plan: Plan, exporter: Exporter, causes: Counter[str]
) -> Iterator[_Excess]:
    """The first clause; counts what explains the others."""
    found = arrivals(history, exporter)
    durable = copies_at(history, exporter)
    read = not evidence.unread(history, [exporter])
    appended = by_hash(history.stream_of(exporter).appends)
    resends = Resends(history, exporter, found, Links(history), latency_ms=plan.site.latency_ms)
    for hash_, sent in _sendings(history, exporter, found).items():
        equal = len(appended[hash_])
        copies = durable[hash_] if read else sum(each.kept is Outcome.OK for each in sent)
        # With as many copies as there are messages of this payload there is none too many.
        if copies <= equal:
            continue
        # Of equal payloads nobody knows which of them came again: what explains the most is believed.
        pairs = max(
            (_explained(resends, zip(sent, sent[step:], strict=False)) for step in {1, equal}),
            key=lambda each: sum(cause is not None for _, _, cause in each),
        )
        causes.update(str(cause) for _, _, cause in pairs if cause is not None)
        without = [(before, again) for before, again, cause in pairs if cause is None]
        spare = copies - equal - sum(cause is not None for _, _, cause in pairs)
        yield from (_again(history, exporter, *each) for each in without[-spare:] if spare > 0)


def _explained(
    resends: Resends, pairs: Iterable[tuple[Arrival, Arrival]]
) -> list[tuple[Arrival, Arrival, Cause | None]]:
    return [(before, again, resends.cause(before, again)) for before, again in pairs]


def _sendings(
    history: History, exporter: Exporter, found: Iterable[Arrival]
) -> dict[str, list[Arrival]]:
    """By payload the arrivals that may have left a copy, where they are this exporter's for certain."""
    others = hashes_of_others(history, exporter)
    sent: dict[str, list[Arrival]] = defaultdict(list)
    for arrival in found:
        hash_ = arrival.put.hashes[arrival.position]
        own = arrival.append is not None and hash_ not in others
        if own and arrival.kept is not Outcome.FAILED:
            sent[hash_].append(arrival)
    return sent


def _again(history: History, exporter: Exporter, before: Arrival, again: Arrival) -> _Excess:
    number = "" if before.number is None else f" {before.number}"
    reading = f" ({before.append.reading})" if before.append and before.append.reading else ""
    return _Excess(
        clause="unexplained",
        sentence=f"message{number}{reading} of {exporter.key} was kept at "
        f"{evidence.in_s(history, before.put.arrived_ms)}, its sender was told so, and it was sent again at "
        f"{evidence.in_s(history, again.put.arrived_ms)}",
        witnesses=("cloud-tap", "uplink-tap", "nemesis", "harness", "edge-tap"),
    )


def _targets(history: History) -> list[tuple[str, str]]:
    """Those that hold messages."""
    return list(
        dict.fromkeys(
            (each.service, each.target) for each in history.exporters if each.service != SITEWISE
        )
    )


def _unsent(history: History) -> Iterator[_Excess]:
    """The second clause."""
    for service, target in _targets(history):
        brought = Counter(
            hash_
            for put in history.puts_to(service, target)
            for place, hash_ in enumerate(put.hashes)
            if kept(put, place) is not Outcome.FAILED
        )
        held = Counter(each.hash for each in history.records_in(service, target))
        known = _appended(history, service, target)
        for hash_, copies in held.items():
            if hash_ in known and copies > brought[hash_]:
                yield _Excess(
                    clause="unsent",
                    sentence=f"{service}/{target} holds {copies} copies of {_named(history, hash_)}, which "
                    f"{brought[hash_]} requests may have brought",
                    witnesses=("cloud-tap",),
                )


def _unexpected(history: History) -> Iterator[_Excess]:
    """The third clause."""
    for service, target in _targets(history):
        known = _appended(history, service, target)
        for record in history.records_in(service, target):
            if record.hash not in known:
                reading = f" ({record.reading})" if record.reading else ""
                yield _Excess(
                    clause="unexpected",
                    sentence=f"{service}/{target} holds at {record.place} a message{reading} of {record.size} bytes "
                    "that no append explains: it was never appended, or was refused",
                    witnesses=("edge-tap",),
                )


def _appended(history: History, service: str, target: str) -> set[str]:
    """Payloads that may have come to a target."""
    return {
        append.hash
        for exporter in history.exporters
        if (exporter.service, exporter.target) == (service, target)
        for append in history.stream_of(exporter).appends
        if append.outcome is not Outcome.FAILED
    }


def _named(history: History, hash_: str) -> str:
    appends = (each for stream in history.streams.values() for each in stream.appends)
    append = next(each for each in appends if each.hash == hash_)
    return f"message {append.number} of {append.stream}"


def _finding(causes: Counter[str], excess: Sequence[_Excess]) -> str:
    explained = ", ".join(f"{count} by a {cause}" for cause, count in sorted(causes.items()))
    legal = (
        f"{causes.total()} second copies are explained" if causes else "Nothing was stored twice"
    )
    legal = f"{legal} ({explained})" if explained else legal
    if not excess:
        return legal
    kinds = Counter(each.clause for each in excess)
    wrong = " and ".join(f"{count} {clause}" for clause, count in kinds.items())
    return f"At the destinations are copies that should not be there: {wrong}; {legal[0].lower()}{legal[1:]}"


def _figures(causes: Counter[str], excess: Iterable[_Excess]) -> dict[str, Any]:
    return {
        "explained": {str(cause): causes[cause] for cause in Cause if causes[cause]},
        "wrong": dict(Counter(each.clause for each in excess)),
    }
