"""Less urgent batches that went before an urgent message that waited. The rules are those of `priority`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness.checkers.batches import Batch, Waiting
from harness.checkers.evidence import stalled
from harness.checkers.links import Links
from harness.history.history import History


@dataclass(frozen=True, slots=True, kw_only=True)
class Inversion:
    """A less urgent batch that went before an urgent message.

    Attributes:
        before: the batch that arrived just before it.
        urgent: the batch in which the urgent message arrived at last.
        acknowledged_ms: since when that message waited.
    """

    before: Batch
    batch: Batch
    urgent: Batch
    acknowledged_ms: float


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
        if self._links.faulty(others, before.arrived_ms, batch.arrived_ms):
            return False
        last = line.before(batch.arrived_ms)
        if last is None or last.ambiguous or not last.put.succeeded:
            return False
        return (
            last.settled_ms <= batch.arrived_ms
            and last.arrived_ms > self._links.quiet_since(service, batch.arrived_ms)
            and not self._links.failed(service, last.settled_ms, batch.arrived_ms)
        )

    def _inversion(self, before: Batch, batch: Batch, line: Waiting) -> Inversion | None:
        urgent = line.after(batch.arrived_ms)
        if urgent is None or urgent.ambiguous:
            return None
        if urgent.arrived_ms <= batch.arrived_ms + self._tolerance_ms:
            return None
        head = urgent.numbers[0]
        if not line.ready(head, before.arrived_ms - self._tolerance_ms):
            return None
        return Inversion(
            before=before,
            batch=batch,
            urgent=urgent,
            acknowledged_ms=line.acknowledged_ms(head),
        )
