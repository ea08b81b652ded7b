"""When a step's event counts as observed. Pure: an observer's state in, yes or no out."""

from collections.abc import Callable

from harness.run.observer import Observer
from harness.scenario.events import (
    BacklogAtLeast,
    Event,
    FirstDelivery,
    LinkWentDown,
    LinkWentUp,
    RequestInFlight,
    SegmentEvicted,
)

Fired = Callable[[Observer], bool]


def arm(event: Event, observer: Observer) -> Fired:
    """The question whether the event has been observed since now; what still is the case counts as well.

    Args:
        observer: as it is when the waiting begins.
    """
    match event:
        case LinkWentDown(service=service):
            return lambda seen: _down(seen, service)
        case LinkWentUp(service=service):
            before = _healed(observer, service)
            return lambda seen: _healed(seen, service) > before
        case RequestInFlight(service=service):
            return lambda seen: bool(seen.in_flight.get(service))
        case BacklogAtLeast():
            return lambda seen: _backlog(seen, event) >= event.messages
        case FirstDelivery():
            had = _arrivals(observer, event)
            return lambda seen: _arrivals(seen, event) > had
        case SegmentEvicted(stream=stream, segments=segments):
            return lambda seen: stream in seen.streams and seen.streams[stream].evicted >= segments


def _down(observer: Observer, service: str | None) -> bool:
    links = [service_ for fault in observer.faults.values() for service_ in fault["services"]]
    return bool(links) if service is None else service in links


def _healed(observer: Observer, service: str | None) -> int:
    return sum(observer.healed.values()) if service is None else observer.healed[service]


def _backlog(observer: Observer, event: BacklogAtLeast) -> int:
    return max(
        (
            observer.backlog(exporter)
            for (stream, identifier), exporter in observer.exporters.items()
            if stream == event.stream and event.exporter in (None, identifier)
        ),
        default=0,
    )


def _arrivals(observer: Observer, event: FirstDelivery) -> int:
    return sum(
        exporter.arrivals
        for (stream, identifier), exporter in observer.exporters.items()
        if stream == event.stream and event.exporter in (None, identifier)
    )
