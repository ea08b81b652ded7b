"""Whether an exporter had its chance to send a message: a sound link, a batch, nothing under way, for long enough."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from harness.checkers.links import Links, Window
from harness.checkers.passed_over import Passage
from harness.history.history import History
from harness.history.operations import Put, UplinkOperation

# What a busy machine may need to notice that a wait is over.
_GRACE_MS = 2_000.0


@dataclass(frozen=True, slots=True)
class Chance:
    """Time in which nothing that was seen kept a message from being sent."""

    begin_ms: float
    end_ms: float

    @property
    def lasting_ms(self) -> float:
        """How long it was."""
        return self.end_ms - self.begin_ms


class Chances:
    """See the module.

    Args:
        backoff_ms_max: an exporter may sleep so long after a failure.
        pool_size: batches that may be under way at once. With fewer than there are exporters one may lawfully wait for
            all others.
    """

    def __init__(
        self, history: History, links: Links, *, backoff_ms_max: float, pool_size: int
    ) -> None:
        self._history = history
        self._links = links
        self._backoff_ms_max = backoff_ms_max
        self._shared = pool_size < len(history.exporters)
        self._blocked: dict[str, list[Window]] = {}

    def missed(self, passage: Passage, number: int, until_ms: float) -> Chance | None:
        """The longest chance that an exporter let go by to send a message before `until_ms`, if it was long enough."""
        last = passage.last_before(until_ms)
        settled_ms = _ended(last) if last is not None else 0.0
        defined_ms = self._history.stream_of(passage.exporter).definitions[-1][0]
        begin_ms = max(_ready_ms(passage, number), settled_ms, defined_ms)
        needed_ms = self._backoff_ms_max + passage.longest_put_ms + _GRACE_MS
        if until_ms - begin_ms <= needed_ms:
            return None
        blocked = self._blocked_for(passage.exporter.service)
        longest = max(_free(blocked, begin_ms, until_ms), key=lambda each: each.lasting_ms)
        return longest if longest.lasting_ms > needed_ms else None

    def _blocked_for(self, service: str) -> list[Window]:
        """When an exporter to a service had an excuse, by beginning."""
        if service not in self._blocked:
            services = {service}
            puts: Iterable[Put] = ()
            if self._shared:
                services |= {each.service for each in self._history.exporters}
                puts = self._history.puts
            windows = [
                *(window for each in services for window in self._links.faults(each)),
                *self._links.restarts,
                *self._links.pauses,
                *self._links.disk,
                *(Window(put.arrived_ms, _ended(put)) for put in puts),
                *self._under_way(self._history.requests, services),
                *self._under_way(self._history.connections, services),
            ]
            self._blocked[service] = sorted(windows, key=lambda each: each.begin_ms)
        return self._blocked[service]

    @staticmethod
    def _under_way(
        operations: Iterable[UplinkOperation], services: Iterable[str]
    ) -> Iterator[Window]:
        known = set(services)
        for each in operations:
            if each.service in known:
                end_ms = float("inf") if each.ended_ms is None else each.ended_ms
                yield Window(each.invoked_ms, end_ms)


def _ended(put: Put) -> float:
    return float("inf") if put.ended_ms is None else put.ended_ms


def _ready_ms(passage: Passage, number: int) -> float:
    """When a message made a batch, with those that followed it or by its age."""
    full = number + passage.exporter.batch_size - 1
    # Without an answer nobody knows when a message was there; it was before any later one.
    later = [passage.appends[n] for n in range(full, full + 10) if n in passage.appends]
    ready = [
        each.ended_ms for each in later if each.number is not None and each.ended_ms is not None
    ]
    oldest = passage.appends.get(number)
    interval_ms = passage.exporter.batch_interval_ms
    if interval_ms is not None and oldest is not None and oldest.ended_ms is not None:
        ready.append(oldest.ended_ms + interval_ms)
    return min(ready, default=float("inf"))


def _free(blocked: Sequence[Window], begin_ms: float, end_ms: float) -> Iterator[Chance]:
    """The parts of a stretch of time that nothing blocks."""
    free_ms = begin_ms
    for window in blocked:
        if window.begin_ms >= end_ms:
            break
        if window.begin_ms > free_ms:
            yield Chance(free_ms, window.begin_ms)
        free_ms = max(free_ms, window.end_ms)
    yield Chance(min(free_ms, end_ms), end_ms)
