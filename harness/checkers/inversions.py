"""Less urgent batches that went before an urgent message that waited. The rules are those of `priority`."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness.checkers.batches import Batch, Waiting
from harness.checkers.evidence import stalled
from harness.checkers.links import Links
from harness.checkers.segments import Appended
from harness.history.history import History
from harness.history.operations import Outcome

# What may have been overwritten is not waited for, so records are taken to need as much as they may.
OVERHEAD_MAX = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Inversion:
    """A less urgent batch that went before an urgent message.

    Attributes:
        before: the batch that arrived just before it.
        line: the urgent exporter's.
        head: the urgent message.
        acknowledged_ms: since when it waited.
        arrived_ms: when it arrived at last; infinite: it never did.
    """

    before: Batch
    batch: Batch
    line: Waiting
    head: int
    acknowledged_ms: float
    arrived_ms: float


class Orders:
    """Looks at each pair of batches that arrived one after the other.

    Args:
        lines: of all exporters.
        tolerance_ms: two times closer than this have no order.
    """

    def __init__(
        self, history: History, lines: Sequence[Waiting], links: Links, tolerance_ms: float
    ) -> None:
        self._history = history
        self._lines = lines
        self._links = links
        self._tolerance_ms = tolerance_ms
        self._heads: dict[tuple[str, int], int | None] = {}

    def judge(self, batches: Sequence[Batch]) -> tuple[int, list[Inversion]]:
        """How many less urgent batches could be judged, and which of them went before their turn."""
        judged = 0
        found = []
        for before, batch in pairwise(batches):
            lines = list(self._comparable(before, batch))
            judged += bool(lines)
            inversions = [self._inversion(before, batch, line) for line in lines]
            found += [each for each in inversions if each is not None][:1]
        return judged, found

    def _comparable(self, before: Batch, batch: Batch) -> Iterator[Waiting]:
        """The more urgent exporters that would have gone first if they had had something to send."""
        if before.ambiguous or batch.ambiguous or before.settled_ms > batch.arrived_ms:
            return
        if stalled(self._history, before.arrived_ms - self._tolerance_ms, batch.arrived_ms):
            return
        for line in self._lines:
            if self._more_urgent(line, before, batch) and self._free(line, before, batch):
                yield line

    def _more_urgent(self, line: Waiting, before: Batch, batch: Batch) -> bool:
        assert batch.exporter is not None, "a batch of an unknown exporter is ambiguous"
        own = (each for each in self._lines if each.exporter == batch.exporter)
        defined_ms = max(each.settled_ms for each in (line, *own))
        return line.exporter.urgency < batch.exporter.urgency and defined_ms < before.arrived_ms

    def _free(self, line: Waiting, before: Batch, batch: Batch) -> bool:
        """Whether nothing that was seen held up an exporter: its last batch got through, and nothing was since."""
        service = line.exporter.service
        # A fault on its own link, or a restart, asks for more: that it has got through since.
        others = {before.put.service, batch.put.service}
        moments = before.arrived_ms, batch.arrived_ms
        if self._links.faulty(others, *moments) or self._links.let_go(others, *moments):
            return False
        last = line.before(batch.arrived_ms)
        if last is None or not last.put.succeeded or not self._got_through(last):
            return False
        return (
            last.settled_ms <= batch.arrived_ms
            and last.arrived_ms > self._links.quiet_since(service, batch.arrived_ms)
            and not self._links.failed(service, last.settled_ms, batch.arrived_ms)
        )

    def _got_through(self, batch: Batch) -> bool:
        """Whether the answer to a batch reached its sender.

        One that was seen more than once may have been held back by a silent link until its sender had given it up.
        """
        if not batch.ambiguous:
            return True
        return batch.known and any(
            each.service == batch.put.service
            and each.outcome is Outcome.OK
            and each.invoked_ms <= batch.arrived_ms
            and (each.ended_ms or 0.0) >= batch.settled_ms
            for each in self._history.requests
        )

    def _inversion(self, before: Batch, batch: Batch, line: Waiting) -> Inversion | None:
        urgent = line.after(batch.arrived_ms)
        if urgent is not None and urgent.ambiguous:
            return None
        arrived_ms = math.inf if urgent is None else urgent.arrived_ms
        if arrived_ms <= batch.arrived_ms + self._tolerance_ms:
            return None
        head = self._never_sent(line) if urgent is None else urgent.numbers[0]
        if head is None or not line.ready(head, before.arrived_ms - self._tolerance_ms):
            return None
        return Inversion(
            before=before,
            batch=batch,
            line=line,
            head=head,
            acknowledged_ms=line.acknowledged_ms(head),
            arrived_ms=arrived_ms,
        )

    def _never_sent(self, line: Waiting) -> int | None:
        """The message at the head of a line from which nothing came any more."""
        key = line.exporter.key, line.exporter.epoch
        if key not in self._heads:
            kept = Appended.of(self._history.stream_of(line.exporter)).explain(OVERHEAD_MAX)
            waiting = (each for each in line.never_sent() if kept.evicted(each) is None)
            self._heads[key] = next(waiting, None)
        return self._heads[key]
