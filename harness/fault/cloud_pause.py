"""A cloud that stands still."""

from dataclasses import dataclass
from typing import ClassVar

from harness.fault.kind import Kind
from harness.fault.service import ALL_SERVICES, Service


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudPause(Kind):
    """Every process of the cloud gets SIGSTOP and later SIGCONT: requests arrive and are answered when it goes on.

    Attributes:
        services: all of them, always: it is one cloud.
    """

    kind: ClassVar[str] = "cloud_pause"
    summary: ClassVar[str] = "the cloud stands still"
    cuts: ClassVar[bool] = True
    holds: ClassVar[bool] = True

    services: tuple[Service, ...] = ALL_SERVICES
