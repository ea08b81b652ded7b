"""A cloud that takes only so much."""

from dataclasses import dataclass
from typing import ClassVar

from harness.fault.kind import SIMULATED, Kind
from harness.fault.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudThrottle(Kind):
    """A service takes so many messages a second, and refuses the others: a data stream with too few shards.

    Kinesis refuses each record for itself (ProvisionedThroughputExceeded), IoT Analytics a whole request (Throttling).

    Attributes:
        services: that are throttled.
        rate_hz: messages a second, for each data stream or channel.
    """

    kind: ClassVar[str] = "cloud_throttle"
    summary: ClassVar[str] = "the cloud refuses what is too much"
    refuses: ClassVar[bool] = True
    environments: ClassVar[tuple[str, ...]] = SIMULATED

    services: tuple[Service, ...]
    rate_hz: float
