"""The fault that a step asks for."""

from typing import TypeAlias

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


def fault_of(step: Step) -> Fault:
    """What a sound step does."""
    services = step.services
    match step.action:
        case "cut":
            return cut(step.mode, services, step.lost)
        case "reset":
            return ConnectionReset(services=services, lost=step.lost)
        case "truncate":
            return LimitData(services=services, answer_bytes=step.answer_bytes or 0)
        case "slice":
            return Slicer(
                services=services, slice_bytes=step.slice_bytes or 0, gap_ms=step.gap_ms or 0
            )
        case "slow":
            return Latency(services=services, latency_ms=step.latency_ms or 0)
        case "throttle":
            return Bandwidth(services=services, bytes_per_second=step.bandwidth or 0)
    return _below_connections(step) or _of_cloud(step) or _of_machine(step) or _of_process(step)


def _below_connections(step: Step) -> Fault | None:
    services, share = step.services, step.share or 0.0
    match step.action:
        case "packet_loss":
            return PacketLoss(services=services, share=share, burst=step.burst)
        case "packet_reorder":
            return PacketReorder(services=services, share=share, latency_ms=step.latency_ms or 0)
        case "shared_bandwidth":
            return SharedBandwidth(services=services, bytes_per_second=step.bandwidth or 0)
    return None


def _of_cloud(step: Step) -> Fault | None:
    services, share = step.services, step.share or 0.0
    match step.action:
        case "cloud_throttle":
            return CloudThrottle(services=services, rate_hz=step.rate_hz or 0.0)
        case "cloud_partial_failure":
            return CloudPartialFailure(services=services, share=share)
        case "cloud_error":
            return CloudError(services=services, share=share)
        case "cloud_slow":
            return CloudSlow(services=services, latency_ms=step.latency_ms or 0)
    return CloudPause() if step.pause == CLOUD else None


def _of_machine(step: Step) -> Fault | None:
    if step.slow_disk:
        return SlowDisk(sync_ms=step.slow_disk)
    if step.disk_errors:
        return DiskErrors(fails=step.disk_errors)
    if step.clock_jump:
        return ClockJump(by_ms=step.clock_jump)
    if step.power_cut:
        return PowerCut()
    return DiskFull() if step.disk_full else None


def _of_process(step: Step) -> Fault:
    target = step.target
    if target is None:
        return Noop()
    kinds: dict[str, type[ProcessKill | ProcessRestart | ProcessPause]] = {
        "kill": ProcessKill,
        "restart": ProcessRestart,
        "pause": ProcessPause,
    }
    return kinds[step.action](target=target)


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
