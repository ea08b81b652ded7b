"""What a power cut may take from streams that do not flush on write, and how their numbers go on after it.

Without `flushOnWrite` an acknowledged message is in the memory of the machine, until the operating system writes it to
the disk. A power cut takes what was not written by then, and the stream goes on behind what is left: it gives numbers
again that it had given before. So a message is known by the number that it would have if the stream had lost nothing:
after each power cut numbers are counted on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from harness.fault.power_cut import PowerCut
from harness.fault.registry import OF_THE_DISK
from harness.history.operations import Append, FaultWindow, StreamHistory

UNSYNCED_MS = 40_000.0
"""What was acknowledged longer ago is on the disk: Linux writes what is 30 s old, and looks every 5 s."""


@dataclass(frozen=True, slots=True)
class Cut:
    """From when to when a machine had no power.

    Attributes:
        since_ms: what was written earlier is on the disk.
    """

    begin_ms: float
    end_ms: float
    since_ms: float

    def may_take(self, at_ms: float) -> bool:
        """Whether what was only written at a moment may be gone after it."""
        return self.since_ms < at_ms <= self.end_ms


def power_cuts(faults: Sequence[FaultWindow]) -> list[Cut]:
    """The power cuts among faults, by beginning."""
    done = [each.possible_ms for each in faults if each.kind == PowerCut.kind and each.begun]
    disk = disk_troubles(faults)
    return [Cut(begin_ms, end_ms, _since(begin_ms, disk)) for begin_ms, end_ms in sorted(done)]


def disk_troubles(faults: Iterable[FaultWindow]) -> list[tuple[float, float]]:
    """From when to when the disk may not have done what it was asked, by end."""
    found = (each.possible_ms for each in faults if each.kind in OF_THE_DISK and each.begun)
    return sorted(found, key=lambda each: each[1])


def _since(begin_ms: float, disk: Sequence[tuple[float, float]]) -> float:
    since_ms = begin_ms - UNSYNCED_MS
    # What could not be written in time is written when the disk is well again.
    for fails_ms, well_ms in reversed(disk):
        if fails_ms <= begin_ms and well_ms >= since_ms:
            since_ms = min(since_ms, fails_ms - UNSYNCED_MS)
    return since_ms


def counted_on(stream: StreamHistory, cuts: Sequence[Cut]) -> list[Append]:
    """The appends of a stream, each with whether a power cut may have taken it, and with the number that it goes by."""
    marked = [replace(each, unsynced=_may_be_gone(stream, each, cuts)) for each in stream.appends]
    for cut in cuts:
        shift = _shift(marked, cut)
        marked = [
            replace(each, number=each.number + shift)
            if shift and each.number is not None and each.invoked_ms > cut.begin_ms
            else each
            for each in marked
        ]
    return marked


def _may_be_gone(stream: StreamHistory, append: Append, cuts: Iterable[Cut]) -> bool:
    if append.number is None or append.ended_ms is None:
        return False
    if flushes(stream, append.ended_ms):
        return False
    return any(
        append.invoked_ms <= each.begin_ms and each.may_take(append.ended_ms) for each in cuts
    )


def flushes(stream: StreamHistory, at_ms: float) -> bool:
    """Whether a stream acknowledges only what is on the disk, at a moment."""
    definitions = stream.defined_at(at_ms).definitions
    return bool(definitions and definitions[-1][1].get("flushOnWrite"))


def _shift(appends: Sequence[Append], cut: Cut) -> int:
    """By how much numbers have to be counted on after a power cut: only as far as it may have taken messages."""
    told = [each for each in appends if each.number is not None]
    before = [each for each in told if each.invoked_ms <= cut.begin_ms]
    after = [each for each in told if each.invoked_ms > cut.begin_ms]
    first = min(after, key=lambda each: each.ended_ms or 0.0, default=None)
    newest = max((each.number or 0 for each in before), default=-1)
    gone = [each.number or 0 for each in before if each.unsynced]
    if first is None or first.number is None or not gone:
        return 0
    return newest + 1 - first.number if min(gone) <= first.number <= newest else 0
