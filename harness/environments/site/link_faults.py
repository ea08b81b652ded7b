"""How each fault on links is done by Toxiproxy, in every edition that has one."""

from contextlib import AbstractContextManager

from harness.environments.errors import InjectionFailed
from harness.environments.site.links import (
    Links,
    Toxic,
    bandwidth,
    hold,
    latency,
    limit,
    one_way,
    reset,
    silence,
    slices,
)
from harness.fault.bandwidth import Bandwidth
from harness.fault.connection_reset import ConnectionReset
from harness.fault.half_open import HalfOpen
from harness.fault.latency import Latency
from harness.fault.limit_data import LimitData
from harness.fault.link_down import LinkDown
from harness.fault.link_silent import LinkSilent
from harness.fault.one_way import OneWay
from harness.fault.registry import Fault, ProxiedFault
from harness.fault.slicer import Slicer

BYTES_IN_KILOBYTE = 1000
"""As Toxiproxy counts."""


def link_lease(fault: Fault, links: Links) -> AbstractContextManager[None]:
    """Entering injects the fault, leaving heals it, also by an exception.

    Raises:
        InjectionFailed: no proxy can do it.
    """
    if not isinstance(fault, ProxiedFault):
        raise InjectionFailed(f"{fault.kind} can be done in {', '.join(fault.environments)} alone")
    if isinstance(fault, LinkDown):
        return links.down(fault.services)
    return links.poisoned(fault.services, toxics_of(fault))


def toxics_of(fault: ProxiedFault) -> list[Toxic]:
    """The toxics that make a fault; none for a link that is down, which is disabled."""
    match fault:
        case LinkDown():
            return []
        case LinkSilent():
            return silence()
        case HalfOpen():
            return hold()
        case OneWay(lost=lost):
            return one_way(lost)
        case ConnectionReset(lost=lost):
            return reset(lost)
        case LimitData(answer_bytes=answer_bytes):
            return limit(answer_bytes)
        case Slicer(slice_bytes=slice_bytes, gap_ms=gap_ms):
            return slices(slice_bytes, gap_ms)
        case Latency(latency_ms=latency_ms):
            return latency(latency_ms)
        case Bandwidth(bytes_per_second=rate):
            return bandwidth(rate // BYTES_IN_KILOBYTE)
