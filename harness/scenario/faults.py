"""The fault that a step asks for."""

from collections.abc import Callable, Mapping
from typing import TypeAlias, TypeVar

from harness.fault.bandwidth import Bandwidth
from harness.fault.clock_jump import ClockJump
from harness.fault.cloud_error import CloudError
from harness.fault.cloud_partial_failure import CloudPartialFailure
from harness.fault.cloud_pause import CloudPause
from harness.fault.cloud_slow import CloudSlow
from harness.fault.cloud_throttle import CloudThrottle
from harness.fault.connection_reset import ConnectionReset
from harness.fault.direction import Lost
from harness.fault.disk_errors import DiskErrors
from harness.fault.disk_full import DiskFull
from harness.fault.half_open import HalfOpen
from harness.fault.latency import Latency
from harness.fault.limit_data import LimitData
from harness.fault.link_down import LinkDown
from harness.fault.link_silent import LinkSilent
from harness.fault.noop import Noop
from harness.fault.one_way import OneWay
from harness.fault.packet_loss import PacketLoss
from harness.fault.packet_reorder import PacketReorder
from harness.fault.power_cut import PowerCut
from harness.fault.process_kill import ProcessKill
from harness.fault.process_pause import ProcessPause
from harness.fault.process_restart import ProcessRestart
from harness.fault.registry import Fault
from harness.fault.service import Service
from harness.fault.shared_bandwidth import SharedBandwidth
from harness.fault.slicer import Slicer
from harness.fault.slow_disk import SlowDisk
from harness.scenario.steps import CLOUD, CutMode, Step

Cut: TypeAlias = LinkDown | LinkSilent | HalfOpen | OneWay
V = TypeVar("V")


def fault_of(step: Step) -> Fault:
    """What a sound step does."""
    return _FAULTS[step.action](step)


def cut(mode: CutMode, services: tuple[Service, ...], lost: Lost = Lost.REQUESTS) -> Cut:
    """Links that are down in some way.

    Args:
        lost: in a link that is silent one way.
    """
    match mode:
        case CutMode.REFUSED:
            return LinkDown(services=services)
        case CutMode.SILENT:
            return LinkSilent(services=services)
        case CutMode.HALF_OPEN:
            return HalfOpen(services=services)
        case CutMode.ONE_WAY:
            return OneWay(services=services, lost=lost)


def _pause(step: Step) -> Fault:
    return CloudPause() if step.pause == CLOUD else ProcessPause(target=_sure(step.pause))


def _sure(value: V | None) -> V:
    """What a sound step has."""
    assert value is not None, "a step without it is refused"
    return value


_FAULTS: Mapping[str, Callable[[Step], Fault]] = {
    "cut": lambda step: cut(step.mode, step.services, step.lost),
    "reset": lambda step: ConnectionReset(services=step.services, lost=step.lost),
    "truncate": lambda step: LimitData(
        services=step.services, answer_bytes=_sure(step.answer_bytes)
    ),
    "slice": lambda step: Slicer(
        services=step.services, slice_bytes=_sure(step.slice_bytes), gap_ms=_sure(step.gap_ms)
    ),
    "slow": lambda step: Latency(services=step.services, latency_ms=_sure(step.latency_ms)),
    "throttle": lambda step: Bandwidth(
        services=step.services, bytes_per_second=_sure(step.bandwidth)
    ),
    "packet_loss": lambda step: PacketLoss(
        services=step.services, share=_sure(step.share), burst=step.burst
    ),
    "packet_reorder": lambda step: PacketReorder(
        services=step.services, share=_sure(step.share), latency_ms=_sure(step.latency_ms)
    ),
    "shared_bandwidth": lambda step: SharedBandwidth(
        services=step.services, bytes_per_second=_sure(step.bandwidth)
    ),
    "cloud_throttle": lambda step: CloudThrottle(
        services=step.services, rate_hz=_sure(step.rate_hz)
    ),
    "cloud_partial_failure": lambda step: CloudPartialFailure(
        services=step.services, share=_sure(step.share)
    ),
    "cloud_error": lambda step: CloudError(services=step.services, share=_sure(step.share)),
    "cloud_slow": lambda step: CloudSlow(services=step.services, latency_ms=_sure(step.latency_ms)),
    "kill": lambda step: ProcessKill(target=_sure(step.kill)),
    "restart": lambda step: ProcessRestart(target=_sure(step.restart)),
    "pause": _pause,
    "power_cut": lambda step: PowerCut(),
    "disk_full": lambda step: DiskFull(),
    "slow_disk": lambda step: SlowDisk(sync_ms=_sure(step.slow_disk)),
    "disk_errors": lambda step: DiskErrors(fails=_sure(step.disk_errors)),
    "clock_jump": lambda step: ClockJump(by_ms=_sure(step.clock_jump)),
    "noop": lambda step: Noop(),
}
