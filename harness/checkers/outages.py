"""Outages as they were observed: when nothing got through, and whose request or connection failed because of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from harness.checkers.links import Window
from harness.history.history import History
from harness.history.operations import FaultWindow, Outcome, UplinkOperation
from harness.scenario.steps import CutMode

_MODES = {
    "link_down": CutMode.REFUSED,
    "link_silent": CutMode.SILENT,
    "half_open": CutMode.HALF_OPEN,
    "one_way": CutMode.ONE_WAY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A cut that was done.

    Attributes:
        window: in which it was in force for certain.
        failed: requests and connections that failed because of it.
        hit: the requests among them that were under way when it began.
    """

    fault: FaultWindow
    window: Window
    failed: Sequence[UplinkOperation]
    hit: Sequence[UplinkOperation]

    @property
    def lasted_ms(self) -> float:
        """How long it was in force, at the least."""
        return self.window.end_ms - self.window.begin_ms

    @property
    def mode(self) -> CutMode | None:
        """How the links were down; None where it was the cloud that stood still."""
        return _MODES.get(self.fault.kind)

    def took_effect(self, services: Iterable[str] = ()) -> bool:
        """Whether anything failed on the way to one of these services; to any that it cut when none is named."""
        wanted = {*services} or {*self.fault.services}
        return any(each.service in wanted for each in self.failed)


def outages(history: History) -> list[Outage]:
    """All cuts that were done, whether or not they took effect."""
    return [*_outages(history)]


def _outages(history: History) -> Iterator[Outage]:
    for fault in history.faults:
        certain = fault.certain_ms
        if not fault.cuts or certain is None:
            continue
        window = Window(certain[0], min(certain[1], history.ended_ms))
        failed = [
            each
            for each in (*history.requests, *history.connections)
            if each.service in fault.services and _failed_in(each, fault.inject_ms[0], window)
        ]
        requests = {id(each) for each in history.requests}
        hit = [
            each for each in failed if id(each) in requests and each.invoked_ms < fault.inject_ms[0]
        ]
        yield Outage(fault=fault, window=window, failed=failed, hit=hit)


def _failed_in(operation: UplinkOperation, begin_ms: float, window: Window) -> bool:
    """Whether it failed after the cut had begun and was invoked before that was over.

    One that hangs in a silent link fails when the link is healed, or later: it was hit all the same.
    """
    if operation.outcome is not Outcome.FAILED or operation.ended_ms is None:
        return False
    return operation.ended_ms >= begin_ms and operation.invoked_ms <= window.end_ms


def merged(windows: Iterable[Window]) -> list[Window]:
    """The same time in windows that do not touch, by beginning."""
    found: list[Window] = []
    for window in sorted(windows, key=lambda each: each.begin_ms):
        if found and window.begin_ms <= found[-1].end_ms:
            found[-1] = Window(found[-1].begin_ms, max(found[-1].end_ms, window.end_ms))
        else:
            found.append(window)
    return found


def common(one: Iterable[Window], other: Iterable[Window]) -> list[Window]:
    """The time that is in both."""
    pairs = ((a, b) for a in one for b in other)
    both = (Window(max(a.begin_ms, b.begin_ms), min(a.end_ms, b.end_ms)) for a, b in pairs)
    return merged(each for each in both if each.begin_ms < each.end_ms)
