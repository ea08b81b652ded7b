"""Every kind of fault, and their form as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from enum import StrEnum
from typing import Any, TypeAlias

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
from harness.fault.service import Service
from harness.fault.slicer import Slicer

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
"""What happens on links: it lasts, and is healed."""

LinkFault: TypeAlias = ProxiedFault | CloudPause
"""What happens on the way to services: besides links, their cloud itself."""

ProcessFault: TypeAlias = ProcessKill | ProcessRestart | ProcessPause
"""What happens to a process of the edge."""

Fault: TypeAlias = LinkFault | ProcessFault | Noop

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
        Noop,
    )
}

CUTS = frozenset(name for name, kind in KINDS.items() if kind.cuts)
"""The kinds during which no request is answered."""

HOLDS = frozenset(name for name, kind in KINDS.items() if kind.holds)
"""The kinds that may let go later of what they held."""


def services_of(fault: Fault) -> tuple[Service, ...]:
    """The services on the way to which a fault is; none for one that is about a process of the edge."""
    return () if isinstance(fault, ProcessFault | Noop) else fault.services


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
    own = {name: value for name, value in plain.items() if name != "kind"}
    if set(own) != {field.name for field in fields(kind)}:
        raise ValueError(
            f"{kind.kind} takes {[field.name for field in fields(kind)]}, not {list(own)}"
        )
    if "services" in own:
        own["services"] = tuple(Service(service) for service in own["services"])
    if "lost" in own:
        own["lost"] = Lost(own["lost"])
    return kind(**own)
