"""A link that loses packets."""

from dataclasses import dataclass
from typing import ClassVar

from harness.fault.kind import SIMULATED, Kind
from harness.fault.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketLoss(Kind):
    """Packets get lost, alone or in bursts (two states, Gilbert): TCP sends them again, so that bytes only come later.

    Between two bursts a packet gets through, so that a share above 50% needs bursts of share / (1 - share) at least.

    Attributes:
        services: whose links.
        share: of all packets, from 0 to 1.
        burst: how many are lost in a row, in the mean; 1 for each by itself. Of no account where all get lost.
    """

    kind: ClassVar[str] = "packet_loss"
    summary: ClassVar[str] = "packets get lost"
    holds: ClassVar[bool] = True
    environments: ClassVar[tuple[str, ...]] = SIMULATED

    services: tuple[Service, ...]
    share: float
    burst: float


def smallest_burst(share: float) -> float:
    """How many packets are lost in a row at least, in the mean, where this share of all is lost."""
    return max(1.0, share / (1 - share)) if share < 1 else 1.0
