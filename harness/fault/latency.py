"""A link that is slow to answer."""

from dataclasses import dataclass
from typing import ClassVar

from harness.fault.kind import Kind
from harness.fault.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency(Kind):
    """Every byte is held back, besides the latency that the scenario holds on its links.

    Attributes:
        services: whose links.
        latency_ms: of a round trip, half of it each way.
    """

    kind: ClassVar[str] = "latency"
    summary: ClassVar[str] = "a round trip takes longer"
    holds: ClassVar[bool] = True

    services: tuple[Service, ...]
    latency_ms: int
