"""What came first after a heal of several links at once. The rules are those of `priority`."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.checkers.batches import Batch, Waiting
from harness.checkers.evidence import stalled
from harness.checkers.inversions import OVERHEAD_MAX
from harness.checkers.links import Links, Window
from harness.checkers.segments import Appended
from harness.history.history import History


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """An urgent exporter after a heal at which it had something to send.

    Attributes:
        heal: when the links were healed.
        head: the message at the head of its line.
        first: its first batch after the heal; None: there was none.
        early: the second less urgent batch that came before it, if that was more than its turn.
        late: whether the first urgent batch missed its deadline.
    """

    line: Waiting
    heal: Window
    head: int
    first: Batch | None
    early: Batch | None
    late: bool


class Recoveries:
    """Looks at each heal.

    Args:
        lines: of all exporters.
        deadline_ms: after a heal, for the first urgent batch: the maximum back-off and a read time-out, since a request
            that still waits for its answer holds a pool of one.
    """

    def __init__(
        self,
        history: History,
        lines: Sequence[Waiting],
        links: Links,
        *,
        deadline_ms: float,
        tolerance_ms: float,
    ) -> None:
        self._history = history
        self._lines = lines
        self._links = links
        self._deadline_ms = deadline_ms
        self._tolerance_ms = tolerance_ms
        self._services = {line.exporter.service for line in lines}

    def judge(self) -> list[Recovery]:
        """Every urgent exporter after every heal, where that can be judged."""
        return [each for each in self._all() if each is not None]

    def _all(self) -> Iterator[Recovery | None]:
        for line in self._lines:
            less = [each for each in self._lines if each.exporter.urgency > line.exporter.urgency]
            heals: dict[Window, list[Waiting]] = {}
            for other in less:
                for heal in self._links.heals(line.exporter.service, other.exporter.service):
                    heals.setdefault(heal, []).append(other)
            for heal, others in heals.items():
                if any(each.settled_ms >= heal.begin_ms for each in (line, *others)):
                    continue  # Nobody knows what it was then.
                yield self._recovery(line, heal, others)

    def _recovery(self, line: Waiting, heal: Window, others: Sequence[Waiting]) -> Recovery | None:
        first = line.after(heal.begin_ms)
        head = self._head(line, heal, first)
        if head is None:
            return None
        deadline_ms = heal.end_ms + self._deadline_ms
        end_ms = math.inf if first is None else first.arrived_ms
        if self._disturbed(heal, min(end_ms, deadline_ms)):
            return None
        return Recovery(
            line=line,
            heal=heal,
            head=head,
            first=first,
            early=self._early(line, heal, others, end_ms),
            late=end_ms > deadline_ms and self._watched_ms > deadline_ms,
        )

    @property
    def _watched_ms(self) -> float:
        return min(self._history.edge_ends_ms, self._history.ended_ms)

    def _head(self, line: Waiting, heal: Window, first: Batch | None) -> int | None:
        """The message that waited at the head of a line when the links were healed, if it made a batch."""
        at_ms = heal.begin_ms - self._tolerance_ms
        if first is not None:
            number = first.numbers[0] if first.numbers else -1
            # What was sent before the cut is due whatever the batch rule says.
            again = any(number in each.numbers for each in line.until(at_ms))
            return number if again or line.ready(number, at_ms) else None
        arrived = {number for each in line.batches for number in each.numbers}
        kept = Appended.of(self._history.stream_of(line.exporter)).explain(OVERHEAD_MAX)
        waiting = (
            number
            for number in line.acknowledged
            if number not in arrived and kept.evicted(number) is None
        )
        return next((number for number in waiting if line.ready(number, at_ms)), None)

    def _disturbed(self, heal: Window, until_ms: float) -> bool:
        """Whether anything but the heal itself may have had a say before a moment."""
        since_ms = math.nextafter(heal.end_ms, math.inf)
        return (
            self._links.faulty(self._services, since_ms, until_ms)
            or self._links.away(heal.begin_ms, until_ms)
            or stalled(self._history, heal.begin_ms, until_ms)
        )

    def _early(
        self, line: Waiting, heal: Window, others: Sequence[Waiting], end_ms: float
    ) -> Batch | None:
        """The second less urgent batch after the heal, if the first got through and nothing held up the urgent one."""
        batches = sorted(
            (
                batch
                for other in others
                for batch in other.batches
                if heal.begin_ms <= batch.arrived_ms < end_ms - self._tolerance_ms
            ),
            key=lambda each: each.arrived_ms,
        )
        # A link that was healed a moment before the other may lawfully be used a moment before it.
        if len(batches) < 2 or batches[0].arrived_ms <= heal.end_ms or not batches[0].put.succeeded:
            return None
        first, second = batches[:2]
        kept_back = second.arrived_ms <= first.settled_ms or self._links.failed(
            line.exporter.service, first.settled_ms, second.arrived_ms
        )
        return None if kept_back else second
