"""A link that loses packets."""

from dataclasses import dataclass
from typing import ClassVar

from harness.fault.kind import SIMULATED, Kind
from harness.fault.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketLoss(Kind):
    """Packets get lost, alone or in bursts (two states, Gilbert): TCP sends them again, so that bytes only come later.

    Attributes:
        services: whose links.
        share: of all packets, from 0 to 1.
        burst: how many are lost in a row, in the mean; 1 for each by itself.
    """

    kind: ClassVar[str] = "packet_loss"
    summary: ClassVar[str] = "packets get lost"
    holds: ClassVar[bool] = True
    environments: ClassVar[tuple[str, ...]] = SIMULATED

    services: tuple[Service, ...]
    share: float
    burst: float
