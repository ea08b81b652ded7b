"""In which class each appended message ended, for each exporter of its stream.

    rejected      the client was told that it is not stored
    delivered     acknowledged, and the destination durably holds it
    recovered     the client was told nothing, yet the destination holds it
    overwritten   its segment was evicted before the exporter went past it
    expired       its time to live was over before the exporter went past it
    unsynced      acknowledged shortly before a power cut by a stream that does not flush on write
    in_flight     it may still come: it was appended too late, or is a rest that makes no batch
    lost          none of these: it should be there and is not

They sum to `appended`. Beside them are `duplicates`, copies beyond the first; `unanswered`, appends without an answer
of which nothing was ever seen again, so that nobody knows whether they were appended at all; and `published`, where
the stream carries readings what the source made of them, otherwise the same as `appended`.

Where payloads are equal, copies count for those messages first that would be lost without. Where exporters share a
target, a copy counts for each of them whose stream has such a payload, since nobody can tell whose it is.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.checkers.matching import hashes_of_others
from harness.checkers.missing import Finding, Missing, Way
from harness.checkers.once import once
from harness.checkers.overwriting import Overwriting
from harness.history.history import History
from harness.history.operations import SITEWISE, Append, Exporter, Outcome
from harness.plan.model import Plan


class Ending(StrEnum):
    """The classes, as reports name them."""

    DELIVERED = "delivered"
    OVERWRITTEN = "overwritten"
    REJECTED = "rejected"
    EXPIRED = "expired"
    UNSYNCED = "unsynced"
    RECOVERED = "recovered"
    IN_FLIGHT = "in_flight"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of one message.

    Attributes:
        finding: why it is lost, or how it is late; None: it is neither.
        waited_for: it is in flight although the drain has ended as if it were not.
    """

    append: Append
    ending: Ending
    finding: Finding | None = None
    waited_for: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fates:
    """What became of all messages that one exporter owed.

    Attributes:
        messages: in the order in which they were appended.
        unanswered: appends of which nobody knows anything.
        duplicates: copies at the destination beyond one of each message.
    """

    exporter: Exporter
    messages: Sequence[Fate]
    unanswered: int
    duplicates: int

    def counts(self) -> dict[str, int]:
        """How many ended in each class, all classes named."""
        found = Counter(str(each.ending) for each in self.messages)
        return {str(each): found[each] for each in Ending}

    @property
    def accused(self) -> list[Fate]:
        """The messages that should be there and are not, and those that are there too late."""
        return [each for each in self.messages if each.finding is not None]


@once
def fates(history: History, plan: Plan) -> list[Fates]:
    """For every exporter what became of its messages."""
    overwriting = Overwriting(history)
    return [_fates(history, plan, overwriting, each) for each in history.exporters]


def counts(history: History, plan: Plan) -> dict[str, dict[str, int]]:
    """`streams` of `report.json`: a stream that was created anew adds to its earlier lives."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for each in fates(history, plan):
        ended = each.counts()
        appended = sum(ended.values())
        readings = _readings(history, each.exporter)
        published = _published(history, len(readings)) if readings else appended
        found[each.exporter.key].update(
            {
                "published": published,
                "never_appended": published - len(readings) if readings else 0,
                "appended": appended,
                **ended,
                "duplicates": each.duplicates,
                "unanswered": each.unanswered,
            }
        )
    return {key: dict(each) for key, each in found.items()}


def _fates(history: History, plan: Plan, overwriting: Overwriting, exporter: Exporter) -> Fates:
    durable = copies_at(history, exporter)
    shared = hashes_of_others(history, exporter)
    missing = Missing(history, plan, overwriting, exporter)
    equal: dict[str, list[Append]] = defaultdict(list)
    for append in history.stream_of(exporter).appends:
        if append.outcome is not Outcome.FAILED:
            equal[append.hash].append(append)
    endings: dict[str, Fate | None] = {}
    for hash_, appends in equal.items():
        copies = durable[hash_]
        if copies and hash_ in shared:
            copies = max(copies, len(appends))
        endings |= _ended(appends, copies, missing)
    surplus = sum(max(0, durable[hash_] - len(each)) for hash_, each in equal.items())
    messages = [_fate(each, endings) for each in history.stream_of(exporter).appends]
    return Fates(
        exporter=exporter,
        messages=[each for each in messages if each is not None],
        unanswered=sum(
            each.outcome is Outcome.UNKNOWN and endings[each.id] is None
            for each in history.stream_of(exporter).appends
        ),
        duplicates=surplus,
    )


def _fate(append: Append, endings: Mapping[str, Fate | None]) -> Fate | None:
    if append.outcome is Outcome.FAILED:
        return Fate(append=append, ending=Ending.REJECTED)
    return endings[append.id]


def _ended(appends: Sequence[Append], copies: int, missing: Missing) -> dict[str, Fate | None]:
    """What became of messages of equal payload of which there are so many copies; None: it is not owed."""
    if copies >= len(appends):
        return {append.id: _arrived(append, missing) for append in appends}
    without = {append.id: _without(append, missing) for append in appends}
    neediest = sorted(appends, key=lambda each: _need(without[each.id], each))
    arrived = {each.id for each in neediest[:copies]}
    return {
        append.id: _arrived(append, missing) if append.id in arrived else without[append.id]
        for append in appends
    }


def _arrived(append: Append, missing: Missing) -> Fate:
    if append.outcome is not Outcome.OK:
        return Fate(append=append, ending=Ending.RECOVERED)
    return Fate(append=append, ending=Ending.DELIVERED, finding=missing.late(append))


_WAYS = {
    Way.OVERWRITTEN: Ending.OVERWRITTEN,
    Way.EXPIRED: Ending.EXPIRED,
    Way.UNSYNCED: Ending.UNSYNCED,
    Way.PENDING: Ending.IN_FLIGHT,
    Way.WAITED_FOR: Ending.IN_FLIGHT,
}


def _without(append: Append, missing: Missing) -> Fate | None:
    """What became of a message that is not at the destination."""
    if append.outcome is not Outcome.OK:
        return None
    found = missing.explain(append)
    if isinstance(found, Finding):
        return Fate(append=append, ending=Ending.LOST, finding=found)
    if found is Way.NOT_OWED:
        return None
    return Fate(append=append, ending=_WAYS[found], waited_for=found is Way.WAITED_FOR)


def _need(fate: Fate | None, append: Append) -> tuple[int, float, float]:
    """The less, the sooner a copy counts for it."""
    order = [
        Ending.LOST,
        Ending.IN_FLIGHT,
        Ending.OVERWRITTEN,
        Ending.UNSYNCED,
        Ending.EXPIRED,
    ]
    rank = order.index(fate.ending) if fate is not None else len(order)
    # An append without an answer comes last: the client was promised nothing.
    rank = rank if append.outcome is Outcome.OK else len(order) + 1
    return rank, append.invoked_ms, 0.0 if append.number is None else append.number


@once
def copies_at(history: History, exporter: Exporter) -> Counter[str]:
    """How often a destination holds each payload; while it was not read completely, at least what it said it kept.

    IoT SiteWise holds values and no messages: of an entry with many values, and of a value that was overwritten by
    another one of the same moment, its word is all that there is.
    """
    target = exporter.service, exporter.target
    read = Counter(each.hash for each in history.records_in(*target))
    known = history.read_back.get(target)
    if known is not None and known.complete and exporter.service != SITEWISE:
        return read
    told = Counter(put.hashes[at] for put in history.puts_to(*target) for at in put.kept())
    return read | told


def _readings(history: History, exporter: Exporter) -> set[str]:
    """The readings that somebody tried to append to an exporter's stream."""
    appends = history.stream_of(exporter).appends
    return {each.reading for each in appends if each.reading is not None}


def _published(history: History, seen: int) -> int:
    """Readings that were made for a stream, as the source says, and at least those that were seen."""
    published, last = 0, 0
    for note in history.sources:
        # A source that was started again counts from 0.
        published += last if note.published < last else 0
        last = note.published
    return max(seen, published + last)
