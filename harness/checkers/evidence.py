"""What a verdict lacks: witnesses that did not end in order, and what was planned and did not happen.

Whoever finds such a gap may still accuse on what does not depend on it; nobody may acquit.
"""

from collections.abc import Collection, Iterable, Sequence

from harness.history.history import WITNESSES, History
from harness.history.operations import Exporter

SLOW_ANSWER_MS = 10_000.0
"""A cloud that takes so long for an answer is one that cannot keep up, or has no time itself."""


def gaps(history: History, witnesses: Iterable[str] = WITNESSES) -> list[str]:
    """Why the run cannot prove that all is well, a clause each.

    Args:
        witnesses: those that the verdict needs.
    """
    return [*unseen(history, witnesses), *mishaps(history)]


def unseen(history: History, witnesses: Iterable[str] = WITNESSES) -> list[str]:
    """Why things may have happened that none of these witnesses saw, a clause each."""
    early = [f"the run ended early ({history.interrupted})"] if history.interrupted else []
    # Its early end explains the others.
    return [*early, *unheard(history, witnesses)]


def unheard(history: History, witnesses: Iterable[str] = WITNESSES) -> list[str]:
    """The witnesses among these that did not end in order, a clause each."""
    return [
        f"the witness {witness} did not end in order"
        for witness in witnesses
        if witness not in history.closed
    ]


def mishaps(history: History) -> list[str]:
    """What was planned and did not happen, a clause each."""
    failed = [
        f"the fault {each.id} failed ({each.failed})" for each in history.faults if each.failed
    ]
    waited = [f"the trigger {id_} never fired ({reason})" for id_, reason in history.never_fired]
    return [*failed, *waited]


def unread(history: History, exporters: Iterable[Exporter]) -> list[str]:
    """The destinations of these exporters that were not read completely, a clause each."""
    targets = dict.fromkeys((each.service, each.target) for each in exporters)
    found = []
    for service, target in targets:
        read = history.read_back.get((service, target))
        if read is None or not read.complete:
            reason = f" ({read.reason})" if read is not None and read.reason else ""
            found.append(f"{service}/{target} was not read completely{reason}")
    return found


def stalled(history: History, from_ms: float, to_ms: float) -> bool:
    """Whether the machine may have stood still at any time between two moments."""
    return any(begin <= to_ms and from_ms <= end for begin, end in history.stalls)


def waited_for_cloud(
    history: History, services: Collection[str], from_ms: float, to_ms: float
) -> str:
    """Why what was owed between two moments may not have come in time although it was sent; empty: it was answered."""
    waits_ms = (
        min(to_ms if each.ended_ms is None else each.ended_ms, to_ms) - each.arrived_ms
        for each in history.puts
        if each.service in services and from_ms <= each.arrived_ms <= to_ms
    )
    slow = sum(each >= SLOW_ANSWER_MS for each in waits_ms)
    return (
        f"the cloud took {SLOW_ANSWER_MS / 1000:g} s and more for {slow} requests" if slow else ""
    )


def in_s(history: History, at_ms: float) -> str:
    """A moment for a person: `41.20 s`, since the first reading was due."""
    return f"{(at_ms - (history.first_reading_ms or 0.0)) / 1000:.2f} s"


def joined(clauses: Sequence[str]) -> str:
    """One sentence part of several: the first three of them and how many more there are."""
    more = f"; and {len(clauses) - 3} more" if len(clauses) > 3 else ""
    return "; ".join(clauses[:3]) + more
