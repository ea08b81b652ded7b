"""The batches of all exporters in the order in which they reached the cloud, and what waited behind each of them."""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from harness.checkers.matching import Arrival, arrivals
from harness.checkers.once import once
from harness.history.history import History
from harness.history.operations import Append, Exporter, Put


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One request to keep messages.

    Attributes:
        exporter: whose it is; None where it cannot be told.
        numbers: of its messages, ascending, as far as clients were told.
        ambiguous: it proves nothing: one of its messages was seen in another request too, or may be another one.
        known: it is certain which messages it has, however often they were seen.
    """

    put: Put
    exporter: Exporter | None
    numbers: tuple[int, ...]
    ambiguous: bool
    known: bool

    @property
    def arrived_ms(self) -> float:
        """When the cloud tap had all of it."""
        return self.put.arrived_ms

    @property
    def settled_ms(self) -> float:
        """When it was answered; infinite if it was not, as far as was seen."""
        return float("inf") if self.put.ended_ms is None else self.put.ended_ms

    @property
    def span(self) -> str:
        """Its messages, for a person."""
        first, last = self.numbers[0], self.numbers[-1]
        return f"message {first}" if first == last else f"messages {first} to {last}"


@once
def batches_of(history: History) -> list[Batch]:
    """All requests to the targets of the exporters, by arrival."""
    owners: dict[str, list[tuple[Exporter, list[Arrival]]]] = defaultdict(list)
    copies: Counter[tuple[str, str]] = Counter()
    for exporter in history.exporters:
        requests: dict[str, list[Arrival]] = defaultdict(list)
        for arrival in arrivals(history, exporter):
            requests[arrival.put.id].append(arrival)
        for id_, found in requests.items():
            if all(each.append is not None for each in found):
                owners[id_].append((exporter, found))
                copies.update({(exporter.key, each.append.id) for each in found if each.append})
    targets = {(each.service, each.target) for each in history.exporters}
    puts = [put for put in history.puts if (put.service, put.target) in targets and put.hashes]
    batches = [_batch(put, owners.get(put.id, ()), copies) for put in puts]
    return sorted(batches, key=lambda each: each.arrived_ms)


def _batch(
    put: Put,
    owners: Sequence[tuple[Exporter, list[Arrival]]],
    copies: Counter[tuple[str, str]],
) -> Batch:
    if len(owners) != 1:
        return Batch(put=put, exporter=None, numbers=(), ambiguous=True, known=False)
    exporter, found = owners[0]
    numbers = tuple(sorted(each.number for each in found if each.number is not None))
    repeated = any(copies[exporter.key, each.append.id] > 1 for each in found if each.append)
    # What no client was told the number of has no certain place in the line.
    known = len(numbers) == len(found) and not any(each.ambiguous for each in found)
    return Batch(
        put=put,
        exporter=exporter,
        numbers=numbers,
        ambiguous=repeated or not known,
        known=known,
    )


class Waiting:
    """What one exporter had to send, and when: from the edge tap's acknowledgements and its own requests.

    Args:
        batches: of all exporters, by arrival.

    Attributes:
        settled_ms: from when on the exporter was what its last definition says; infinite if it was removed.
    """

    def __init__(self, history: History, exporter: Exporter, batches: Iterable[Batch]) -> None:
        self.exporter = exporter
        self.batches = [
            each
            for each in batches
            if each.exporter is not None
            and (each.exporter.key, each.exporter.epoch) == (exporter.key, exporter.epoch)
        ]
        defined_ms = history.stream_of(exporter).definitions[-1][0]
        self.settled_ms = defined_ms if exporter.removed_ms is None else float("inf")
        self._arrived = [each.arrived_ms for each in self.batches]
        # What a power cut may have taken waits for nobody.
        appends = [e for e in history.stream_of(exporter).acknowledged() if not e.unsynced]
        self.acknowledged: dict[int, Append] = {
            each.number: each for each in appends if each.number is not None
        }
        ended = sorted((_ended(each), number) for number, each in self.acknowledged.items())
        self._ended = [at for at, _ in ended]
        self._newest = [*accumulate((number for _, number in ended), max)]

    def before(self, at_ms: float) -> Batch | None:
        """Its last request that arrived before a moment."""
        index = bisect_left(self._arrived, at_ms)
        return self.batches[index - 1] if index else None

    def until(self, at_ms: float) -> list[Batch]:
        """Its requests that arrived before a moment."""
        return self.batches[: bisect_left(self._arrived, at_ms)]

    def after(self, at_ms: float) -> Batch | None:
        """Its first request that arrived after a moment."""
        index = bisect_right(self._arrived, at_ms)
        return self.batches[index] if index < len(self.batches) else None

    def never_sent(self) -> Iterator[int]:
        """The acknowledged messages behind all that it ever sent, ascending."""
        newest = max((number for each in self.batches for number in each.numbers), default=-1)
        return (number for number in sorted(self.acknowledged) if number > newest)

    def acknowledged_ms(self, number: int) -> float:
        """When a client was told that a message is stored; infinite if none was."""
        append = self.acknowledged.get(number)
        return float("inf") if append is None else _ended(append)

    def ready(self, number: int, at_ms: float) -> bool:
        """Whether a message at the head of the line made a batch before a moment, with what followed or by its age."""
        acknowledged_ms = self.acknowledged_ms(number)
        if acknowledged_ms >= at_ms:
            return False
        index = bisect_left(self._ended, at_ms)
        waiting = self._newest[index - 1] - number + 1
        interval_ms = self.exporter.batch_interval_ms
        over = interval_ms is not None and acknowledged_ms + interval_ms < at_ms
        return over or waiting >= self.exporter.batch_size


def _ended(append: Append) -> float:
    return float("inf") if append.ended_ms is None else append.ended_ms
