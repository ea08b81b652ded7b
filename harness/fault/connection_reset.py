"""Connections that break."""

from dataclasses import dataclass
from typing import ClassVar

from harness.fault.direction import Lost
from harness.fault.kind import Kind
from harness.fault.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionReset(Kind):
    """New connections are accepted, and reset as soon as something is sent: a middlebox that has lost its state.

    Attributes:
        services: whose links.
        lost: whether a request resets its connection, or the answer to it does.
    """

    kind: ClassVar[str] = "connection_reset"
    summary: ClassVar[str] = "connections are reset as soon as they are used"

    services: tuple[Service, ...]
    lost: Lost
