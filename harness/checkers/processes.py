"""What happened to processes, for the conditions: killed, ended in order, or made to stand still, and back again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.checkers.evidence import in_s
from harness.checkers.links import Window
from harness.checkers.outages import outages
from harness.fault.power_cut import PowerCut
from harness.fault.process_kill import ProcessKill
from harness.fault.process_restart import ProcessRestart
from harness.history.history import History
from harness.history.operations import Append, FaultWindow, Outcome, UplinkOperation
from harness.scenario import conditions as wanted

# A process that ended is found gone a little later, since somebody has to look.
_NOTICED_WITHIN_MS = 5_000.0

# Ending in order takes its time, too.
_ENDS_WITHIN_MS = 15_000.0

Found = tuple[bool, str]
"""Whether a condition is met, and what was seen of it."""


@dataclass(frozen=True, slots=True)
class _Absence:
    """From when to when a process was away."""

    begin_ms: float
    end_ms: float


def killed(history: History, condition: wanted.ProcessKilled) -> Found:
    """Whether a process was killed and came back."""
    away = [*_ended(history, ProcessKill.kind, str(condition.target), _NOTICED_WITHIN_MS)]
    return _back(history, condition, "was killed and came back", away)


def restarted(history: History, condition: wanted.ProcessRestarted) -> Found:
    """Whether a process was ended in order and came back."""
    away = [*_ended(history, ProcessRestart.kind, str(condition.target), _ENDS_WITHIN_MS)]
    return _back(history, condition, "was ended in order and came back", away)


def paused(history: History, condition: wanted.ProcessPaused) -> Found:
    """Whether a process stood still for so long, and went on."""
    lasting_ms = condition.lasting_ms or 0
    away = [
        each
        for each in _pauses(history, str(condition.target))
        if each.end_ms - each.begin_ms >= lasting_ms
    ]
    enough = f" for at least {lasting_ms / 1000:g} s" if lasting_ms else ""
    return _back(history, condition, f"stood still{enough} and went on", away)


def _back(
    history: History,
    condition: wanted.ProcessKilled | wanted.ProcessRestarted | wanted.ProcessPaused,
    what: str,
    away: list[_Absence],
) -> Found:
    if condition.during_outage:
        effective = [each.window for each in outages(history) if each.took_effect()]
        away = [a for a in away if any(e.touches(a.begin_ms, a.begin_ms) for e in effective)]
    told = ", ".join(
        f"at {in_s(history, each.begin_ms)}, back after {(each.end_ms - each.begin_ms) / 1000:.1f} s"
        for each in away[:3]
    )
    when = " during an outage" if condition.during_outage else ""
    return (
        len(away) >= condition.at_least,
        f"{condition.target} {what} {len(away)} times{when}, {condition.at_least} needed"
        f"{': ' if told else ''}{told}",
    )


def _ended(
    history: History, kind: str, target: str, noticed_within_ms: float
) -> Iterator[_Absence]:
    """When a process was told to end, or killed by a power cut, and when it was back."""
    restarts = history.restarts(target)
    for fault in history.faults:
        meant = fault.kind == kind and fault.parameters.get("target") == target
        without_power = kind == ProcessKill.kind and fault.kind == PowerCut.kind
        if not (meant or without_power) or fault.failed:
            continue
        told_ms = fault.inject_ms[0]
        back = [
            back
            for gone, back in restarts
            if told_ms <= gone <= told_ms + noticed_within_ms and back is not None
        ]
        if back:
            yield _Absence(told_ms, min(back))


def _pauses(history: History, target: str) -> Iterator[_Absence]:
    """When a process stood still for certain; one that ended meanwhile did not go on."""
    for fault in history.faults:
        if fault.kind != "process_pause" or fault.parameters.get("target") != target:
            continue
        certain, healed = fault.certain_ms, fault.heal_ms is not None and fault.heal_ms[1]
        if certain is None or not healed or fault.failed:
            continue
        gone = any(certain[0] <= gone <= certain[1] for gone, _ in history.restarts(target))
        if not gone:
            yield _Absence(*certain)


def disturbed(history: History, condition: wanted.Disturbed) -> Found:
    """Whether faults of one kind were in force while requests were under way, and how many of those failed."""
    felt, failures = 0, 0
    for fault in history.faults:
        certain = fault.certain_ms
        if fault.kind != str(condition.fault) or certain is None or fault.failed:
            continue
        services = [str(condition.service)] if condition.service else list(fault.services)
        window = Window(certain[0], min(certain[1], history.ended_ms))
        met = _met(history, fault, services, window) if services else _appended(history, window)
        felt += bool(met)
        failures += sum(each is Outcome.FAILED for each in met)
    need = f", {condition.failures} needed" if condition.failures else ""
    return (
        felt >= condition.at_least and failures >= condition.failures,
        f"{felt} met a request on its way, {condition.at_least} needed; {failures} requests failed{need}",
    )


def _met(
    history: History, fault: FaultWindow, services: Sequence[str], window: Window
) -> list[Outcome]:
    """How everything ended that a fault met on the way to services."""
    if fault.refuses:
        return [
            each.outcome if each.succeeded else Outcome.FAILED
            for each in history.puts
            if each.service in services and window.touches(each.arrived_ms, each.arrived_ms)
        ]
    on_the_way = [*history.requests, *history.connections]
    return [
        each.outcome
        for each in on_the_way
        if each.service in services and _touched(history, window, each)
    ]


def _appended(history: History, window: Window) -> list[Outcome]:
    """How the appends ended that a fault of the edge met; without a number they were of no use to anybody."""
    return [
        Outcome.FAILED if each.number is None else each.outcome
        for stream in history.streams.values()
        for each in stream.appends
        if _touched(history, window, each)
    ]


def _touched(history: History, window: Window, operation: UplinkOperation | Append) -> bool:
    ended_ms = history.ended_ms if operation.ended_ms is None else operation.ended_ms
    return window.touches(operation.invoked_ms, ended_ms)
