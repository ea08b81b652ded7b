"""How far a run is with what has to happen in it, for the live view. The judges look for themselves, afterwards."""

from collections.abc import Collection, Mapping

from harness.fault.half_open import HalfOpen
from harness.fault.link_down import LinkDown
from harness.fault.link_silent import LinkSilent
from harness.fault.one_way import OneWay
from harness.fault.process_kill import ProcessKill
from harness.fault.process_pause import ProcessPause
from harness.fault.process_restart import ProcessRestart
from harness.fault.registry import CUTS
from harness.plan.parts import Workload
from harness.run.observer import Line, Observer
from harness.scenario.conditions import (
    Condition,
    OutagesHappened,
    ProcessKilled,
    ProcessPaused,
    ProcessRestarted,
    ReadingsOffered,
    SegmentsEvicted,
    TimeDown,
    WaitingAtHeal,
)
from harness.scenario.steps import CutMode

_KINDS: Mapping[CutMode | None, Collection[str]] = {
    CutMode.REFUSED: (LinkDown.kind,),
    CutMode.SILENT: (LinkSilent.kind,),
    CutMode.HALF_OPEN: (HalfOpen.kind,),
    CutMode.ONE_WAY: (OneWay.kind,),
    None: CUTS,
}


def progress(condition: Condition, observer: Observer, workload: Workload) -> str:
    """A few words; empty where nothing can be told before the end."""
    match condition:
        case OutagesHappened(at_least=wanted, mode=mode):
            done = sum(_is_such(condition, span, line, observer) for span, line in observer.over)
            return f"{f'{mode} ' if mode else ''}outages {done}/{wanted}"
        case SegmentsEvicted(stream=name, at_least=wanted):
            stream = observer.streams.get(name)
            return f"segments evicted {stream.evicted if stream else 0}/{wanted}"
        case WaitingAtHeal(stream=name, at_least=wanted):
            waiting = [
                observer.backlog(each)
                for (stream_, exporter), each in observer.exporters.items()
                if stream_ == name and condition.exporter in (None, exporter)
            ]
            return f"{name} waiting {min(waiting, default=0)}/{wanted}" if observer.faults else ""
        case ProcessKilled(target=target, at_least=wanted):
            return f"{target} killed {observer.ended[ProcessKill.kind, target]}/{wanted}"
        case ProcessRestarted(target=target, at_least=wanted):
            return f"{target} restarted {observer.ended[ProcessRestart.kind, target]}/{wanted}"
        case ProcessPaused(target=target, at_least=wanted):
            done = sum(_paused(condition, *each) for each in observer.over)
            return f"{target} paused {done}/{wanted}"
        case TimeDown(at_least=wanted, services=services):
            share = observer.down_ms(services) / max(1, workload.run_for_ms)
            return f"down {share:.0%}/{wanted:.0%}"
        case ReadingsOffered(at_least=wanted):
            # Each reading is appended to the stream that has the most; the source itself is not asked so often.
            appended = max((each.appended for each in observer.streams.values()), default=0)
            return f"readings {appended}/{wanted}"
    return ""


def _paused(condition: ProcessPaused, span: tuple[float, float], line: Line) -> bool:
    fault, lasted_ms = line["fault"], span[1] - span[0]
    wanted = (ProcessPause.kind, condition.target)
    enough = lasted_ms >= (condition.lasting_ms or 0)
    return (fault["kind"], fault.get("target")) == wanted and enough


LATE_MS = 1000.0
"""What hung in a silent link fails when it is healed, or a little later."""


def _is_such(
    condition: OutagesHappened, span: tuple[float, float], line: Line, observer: Observer
) -> bool:
    """Whether it is of the wanted kind and took effect: an outage that nobody noticed proves nothing."""
    begin, end = span
    services = condition.services or line["services"]
    return (
        line["fault"]["kind"] in _KINDS[condition.mode]
        and set(services) <= set(line["services"])
        and end - begin >= (condition.lasting_ms or 0)
        and observer.failed_between(begin, end + LATE_MS, services)
    )
