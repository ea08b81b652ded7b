"""The fault that a step asks for."""

from typing import TypeAlias

from harness.fault.bandwidth import Bandwidth
from harness.fault.cloud_pause import CloudPause
from harness.fault.connection_reset import ConnectionReset
from harness.fault.direction import Lost
from harness.fault.half_open import HalfOpen
from harness.fault.latency import Latency
from harness.fault.limit_data import LimitData
from harness.fault.link_down import LinkDown
from harness.fault.link_silent import LinkSilent
from harness.fault.noop import Noop
from harness.fault.one_way import OneWay
from harness.fault.process_kill import ProcessKill
from harness.fault.process_pause import ProcessPause
from harness.fault.process_restart import ProcessRestart
from harness.fault.registry import Fault
from harness.fault.service import Service
from harness.fault.slicer import Slicer
from harness.scenario.steps import CutMode, Step

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
    return _of_process(step)


def _of_process(step: Step) -> Fault:
    target = step.target
    if target is None:
        return CloudPause() if step.pause is not None else Noop()
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
