"""A cloud that fails inside."""

from dataclasses import dataclass
from typing import ClassVar

from harness.fault.kind import SIMULATED, Kind
from harness.fault.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudError(Kind):
    """Some requests are answered by 500: half of these are kept all the same, which nobody is told.

    Attributes:
        services: that fail.
        share: of all requests, from 0 to 1.
    """

    kind: ClassVar[str] = "cloud_error"
    summary: ClassVar[str] = "the cloud fails inside"
    refuses: ClassVar[bool] = True
    environments: ClassVar[tuple[str, ...]] = SIMULATED

    services: tuple[Service, ...]
    share: float
