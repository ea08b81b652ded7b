"""Every kind of fault, and their form as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, TypeAlias

from harness.fault.bandwidth import Bandwidth
from harness.fault.latency import Latency
from harness.fault.link_down import LinkDown
from harness.fault.link_silent import LinkSilent
from harness.fault.noop import Noop
from harness.fault.process_kill import ProcessKill
from harness.fault.service import Service
from harness.fault.target import Target

LinkFault: TypeAlias = LinkDown | LinkSilent | Latency | Bandwidth
"""What happens to links: it lasts, and is healed."""

Fault: TypeAlias = LinkFault | ProcessKill | Noop

KINDS: Mapping[str, type[Fault]] = {
    kind.kind: kind for kind in (LinkDown, LinkSilent, Latency, Bandwidth, ProcessKill, Noop)
}


def services_of(fault: Fault) -> tuple[Service, ...]:
    """The services whose links a fault is about; none for one that is about a process."""
    return () if isinstance(fault, ProcessKill | Noop) else fault.services


def parameters_of(fault: Fault) -> dict[str, Any]:
    """What makes this fault differ from others of its kind, besides the services: `{"latency_ms": 300}`."""
    own = asdict(fault)
    own.pop("services", None)
    return {name: str(value) if isinstance(value, Target) else value for name, value in own.items()}


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
    return kind(**own)
