"""How far a run is with what has to happen in it, for the live view. The judges look for themselves, afterwards."""

from harness.run.observer import Observer
from harness.scenario.conditions import (
    Condition,
    OutagesHappened,
    ProcessKilled,
    SegmentsEvicted,
    TimeDown,
    WaitingAtHeal,
)


def progress(condition: Condition, observer: Observer) -> str:
    """A few words; empty where nothing can be told before the end."""
    match condition:
        case OutagesHappened(at_least=wanted):
            done = max(observer.healed.values(), default=0)
            return f"outages {min(done, wanted)}/{wanted}"
        case SegmentsEvicted(stream=name, at_least=wanted):
            stream = observer.streams.get(name)
            return f"segments evicted {stream.evicted if stream else 0}/{wanted}"
        case WaitingAtHeal(stream=name, at_least=wanted):
            waiting = [observer.backlog(e) for e in observer.exporters.values() if e.stream == name]
            return f"{name} waiting {max(waiting, default=0)}/{wanted}" if observer.faults else ""
        case ProcessKilled() | TimeDown():
            return ""
    return ""
