"""Every kind of fault, and their form as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from enum import StrEnum
from typing import Any, TypeAlias

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
from harness.fault.disk_operation import DiskOperation
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
from harness.fault.service import Service
from harness.fault.shared_bandwidth import SharedBandwidth
from harness.fault.slicer import Slicer
from harness.fault.slow_disk import SlowDisk

ProxiedFault: TypeAlias = (
    LinkDown
    | LinkSilent
    | HalfOpen
    | OneWay
    | ConnectionReset
    | LimitData
    | Slicer
    | Latency
    | Bandwidth
)
"""What happens on links that a proxy can do: it lasts, and is healed."""

PacketFault: TypeAlias = PacketLoss | PacketReorder | SharedBandwidth
"""What happens on links below the connections."""

CloudFault: TypeAlias = CloudPause | CloudThrottle | CloudPartialFailure | CloudError | CloudSlow
"""What happens to the cloud."""

LinkFault: TypeAlias = ProxiedFault | PacketFault | CloudFault | ClockJump
"""What happens on the way to services: besides links, their cloud itself, and a date that it refuses."""

DiskFault: TypeAlias = DiskFull | SlowDisk | DiskErrors
"""What happens to the disk of the edge."""

ProcessFault: TypeAlias = ProcessKill | ProcessRestart | ProcessPause
"""What happens to a process of the edge."""

Fault: TypeAlias = LinkFault | ProcessFault | PowerCut | DiskFault | Noop

KINDS: Mapping[str, type[Fault]] = {
    kind.kind: kind
    for kind in (
        LinkDown,
        LinkSilent,
        HalfOpen,
        OneWay,
        ConnectionReset,
        LimitData,
        Slicer,
        Latency,
        Bandwidth,
        ProcessKill,
        ProcessRestart,
        ProcessPause,
        CloudPause,
        PacketLoss,
        PacketReorder,
        SharedBandwidth,
        CloudThrottle,
        CloudPartialFailure,
        CloudError,
        CloudSlow,
        PowerCut,
        DiskFull,
        SlowDisk,
        DiskErrors,
        ClockJump,
        Noop,
    )
}

CUTS = frozenset(name for name, kind in KINDS.items() if kind.cuts)
"""The kinds during which no request is answered."""

HOLDS = frozenset(name for name, kind in KINDS.items() if kind.holds)
"""The kinds that may let go later of what they held."""

REFUSES = frozenset(name for name, kind in KINDS.items() if kind.refuses)
"""The kinds that answer all the same, sometimes by a refusal."""

OF_THE_DISK = (DiskFull.kind, SlowDisk.kind, DiskErrors.kind)
"""The kinds in which the disk of the edge does not do what it is asked, or not in time."""


def services_of(fault: Fault) -> tuple[Service, ...]:
    """The services on the way to which a fault is; none for one that is about the edge alone."""
    services: tuple[Service, ...] = getattr(fault, "services", ())
    return services


def parameters_of(fault: Fault) -> dict[str, Any]:
    """What makes this fault differ from others of its kind, besides the services: `{"latency_ms": 300}`."""
    own = asdict(fault)
    own.pop("services", None)
    return {
        name: str(value) if isinstance(value, StrEnum) else value for name, value in own.items()
    }


def to_json(fault: Fault) -> dict[str, Any]:
    """`{"kind": ..., "services": [...], ...}`."""
    plain: dict[str, Any] = {"kind": fault.kind, **parameters_of(fault)}
    if services := services_of(fault):
        plain["services"] = [str(service) for service in services]
    return plain


def from_json(plain: Mapping[str, Any]) -> Fault:
    """The fault that `to_json` described.

    Raises:
        ValueError: it is of no known kind, or its parameters are not those of its kind.
    """
    kind = KINDS.get(str(plain.get("kind")))
    if kind is None:
        raise ValueError(f"no fault is called {plain.get('kind')!r}; known: {', '.join(KINDS)}")
    takes = [field.name for field in fields(kind) if field.init]
    follows = [field.name for field in fields(kind) if not field.init]
    own = {name: value for name, value in plain.items() if name not in ("kind", *follows)}
    if set(own) != set(takes):
        raise ValueError(f"{kind.kind} takes {takes}, not {list(own)}")
    if "services" in own:
        own["services"] = tuple(Service(service) for service in own["services"])
    for name, values in (("lost", Lost), ("fails", DiskOperation)):
        if name in own:
            own[name] = values(own[name])
    return kind(**own)
