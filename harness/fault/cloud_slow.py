"""A cloud that takes its time."""

from dataclasses import dataclass
from typing import ClassVar

from harness.fault.kind import SIMULATED, Kind
from harness.fault.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudSlow(Kind):
    """Requests are kept and answered later.

    Attributes:
        services: that are slow.
        latency_ms: that each request takes longer.
    """

    kind: ClassVar[str] = "cloud_slow"
    summary: ClassVar[str] = "the cloud takes its time"
    holds: ClassVar[bool] = True
    environments: ClassVar[tuple[str, ...]] = SIMULATED

    services: tuple[Service, ...]
    latency_ms: int
