"""A link that is narrow."""

from dataclasses import dataclass
from typing import ClassVar

from harness.fault.kind import Kind
from harness.fault.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Bandwidth(Kind):
    """Bytes pass at a limited rate, each way and per connection.

    Attributes:
        services: whose links.
        bytes_per_second: that pass at most.
    """

    kind: ClassVar[str] = "bandwidth"
    summary: ClassVar[str] = "bytes pass at a limited rate"
    holds: ClassVar[bool] = True

    services: tuple[Service, ...]
    bytes_per_second: int
