"""Links that share a narrow way."""

from dataclasses import dataclass
from typing import ClassVar

from harness.fault.kind import SIMULATED, Kind
from harness.fault.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedBandwidth(Kind):
    """All connections of all these links share one rate, each way: a radio that carries everything.

    Attributes:
        services: whose links.
        bytes_per_second: that pass at most, of all of them.
    """

    kind: ClassVar[str] = "shared_bandwidth"
    summary: ClassVar[str] = "links share a limited rate"
    holds: ClassVar[bool] = True
    environments: ClassVar[tuple[str, ...]] = SIMULATED

    services: tuple[Service, ...]
    bytes_per_second: int
