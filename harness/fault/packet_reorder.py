"""A link that reorders packets."""

from dataclasses import dataclass
from typing import ClassVar

from harness.fault.kind import SIMULATED, Kind
from harness.fault.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketReorder(Kind):
    """Some packets come later than those behind them: TCP waits for them, so that bytes come in order and later.

    Attributes:
        services: whose links.
        share: of all packets, from 0 to 1.
        latency_ms: by which they are late.
    """

    kind: ClassVar[str] = "packet_reorder"
    summary: ClassVar[str] = "packets overtake each other"
    holds: ClassVar[bool] = True
    environments: ClassVar[tuple[str, ...]] = SIMULATED

    services: tuple[Service, ...]
    share: float
    latency_ms: int
