"""What may have held up an exporter: faults on its link, failed requests on the uplink, restarts, pauses, the disk."""

from collections.abc import Iterable
from dataclasses import dataclass

from harness.history.history import History
from harness.history.operations import FaultWindow, Outcome
from harness.history.power import disk_troubles

STREAM_MANAGER = "stream_manager"

# Where the core stands still, an edition may have what it runs stand still with it.
_STANDS_STILL = (STREAM_MANAGER, "core")

# A process that ended is missed within this time.
_MISSED_MS = 5_000.0

# What a fault has held is on its way for so long after its heal.
_LET_GO_MS = 2_000.0

# Two links that were healed within this time were healed at once.
_AT_ONCE_MS = 500.0


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when something may have been so, ends included."""

    begin_ms: float
    end_ms: float

    def touches(self, begin_ms: float, end_ms: float) -> bool:
        """Whether it has a moment in common with another window."""
        return self.begin_ms <= end_ms and begin_ms <= self.end_ms


class Links:
    """See the module. Asked again and again, so that it keeps what it found."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._faults: dict[str, list[Window]] = {}
        self._failures: dict[str, list[float]] = {}
        self.restarts = self._restarts()
        self.pauses = [
            Window(*each.possible_ms)
            for each in history.faults
            if each.kind == "process_pause" and each.parameters.get("target") in _STANDS_STILL
        ]
        self.disk = [Window(*each) for each in disk_troubles(history.faults)]

    def _restarts(self) -> list[Window]:
        found: list[Window] = []
        for gone_ms, back_ms in self._history.restarts(STREAM_MANAGER):
            before_ms = found[-1].end_ms if found else float("-inf")
            begin_ms = self._closed_before(gone_ms, max(before_ms, gone_ms - _MISSED_MS))
            end_ms = float("inf") if back_ms is None else max(gone_ms, back_ms)
            found.append(Window(begin_ms, end_ms))
        return found

    def _closed_before(self, gone_ms: float, since_ms: float) -> float:
        """When the edge tap saw the connections of a process end that was found gone a little later."""
        closed = [at for at in self._history.edge_closed_ms if since_ms < at <= gone_ms]
        return min(closed, default=gone_ms)

    def faults(self, service: str) -> list[Window]:
        """When a fault may have been on the link of a service."""
        if service not in self._faults:
            found = self._history.faults_on(service)
            self._faults[service] = [Window(*each.possible_ms) for each in found]
        return self._faults[service]

    def faulty(self, services: Iterable[str], begin_ms: float, end_ms: float) -> bool:
        """Whether a fault may have been on one of these links at any time between two moments."""
        return any(
            window.touches(begin_ms, end_ms)
            for service in services
            for window in self.faults(service)
        )

    def broken(self, service: str, begin_ms: float, end_ms: float) -> bool:
        """Whether a fault that loses requests or answers may have been on a link at any time between two moments."""
        return any(
            Window(*fault.possible_ms).touches(begin_ms, end_ms)
            for fault in self._history.faults_on(service)
            if fault.breaks
        )

    def let_go(self, services: Iterable[str], begin_ms: float, end_ms: float) -> bool:
        """Whether what was held on the way to one of these services may have come at any time between two moments.

        A half-open link lets go of it when it is healed, a slow one all the time.
        """
        return any(
            fault.holds
            and Window(fault.possible_ms[0], fault.possible_ms[1] + _LET_GO_MS).touches(
                begin_ms, end_ms
            )
            for service in services
            for fault in self._history.faults_on(service)
        )

    def held(self, service: str, arrived_ms: float, since_ms: float) -> bool:
        """Whether what arrived at a moment may have been sent before another one, and been held on its way since."""
        return self.let_go([service], arrived_ms, arrived_ms) and any(
            each.service == service
            and each.invoked_ms <= since_ms
            and (each.outcome is not Outcome.OK or (each.ended_ms or arrived_ms) >= arrived_ms)
            for each in self._history.requests
        )

    def away(self, begin_ms: float, end_ms: float) -> bool:
        """Whether the stream manager may have been gone or stood still, or its disk failed, between two moments."""
        return self.paused(begin_ms, end_ms) or any(
            window.touches(begin_ms, end_ms) for window in (*self.restarts, *self.disk)
        )

    def paused(self, begin_ms: float, end_ms: float) -> bool:
        """Whether the stream manager may have stood still at any time between two moments."""
        return any(window.touches(begin_ms, end_ms) for window in self.pauses)

    def quiet_since(self, service: str, at_ms: float) -> float:
        """When the last fault on a link or of the disk, restart or pause that began before a moment was over."""
        windows = [*self.faults(service), *self.restarts, *self.pauses, *self.disk]
        return max((each.end_ms for each in windows if each.begin_ms <= at_ms), default=0.0)

    def failed(self, service: str, begin_ms: float, end_ms: float) -> bool:
        """Whether somebody at the edge was refused by a link, or waited in vain, and knew it between two moments."""
        if service not in self._failures:
            tried = [*self._history.requests, *self._history.connections]
            self._failures[service] = [
                each.invoked_ms if each.ended_ms is None else each.ended_ms
                for each in tried
                if each.service == service and each.outcome is not Outcome.OK
            ]
        return any(begin_ms <= at <= end_ms for at in self._failures[service])

    def heals(self, one: str, other: str) -> list[Window]:
        """The times in which two links were healed at once after nothing had got through either."""
        windows = []
        for fault in filter(_dead, self._history.cuts_on(one)):
            for also in filter(_dead, self._history.cuts_on(other)):
                window = _healed_at_once(fault, also)
                if window is not None and window not in windows:
                    windows.append(window)
        return windows


def _dead(fault: FaultWindow) -> bool:
    """Whether nothing got through, and nothing of it was held for later."""
    return not fault.holds and fault.parameters.get("lost") != "answers"


def _healed_at_once(one: FaultWindow, other: FaultWindow) -> Window | None:
    if one.heal_ms is None or other.heal_ms is None:
        return None
    done = one.heal_ms[1], other.heal_ms[1]
    if done[0] is None or done[1] is None or abs(done[0] - done[1]) > _AT_ONCE_MS:
        return None
    return Window(min(one.heal_ms[0], other.heal_ms[0]), max(done[0], done[1]))
