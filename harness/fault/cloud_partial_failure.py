"""A cloud that keeps some and refuses some."""

from dataclasses import dataclass
from typing import ClassVar

from harness.fault.kind import SIMULATED, Kind
from harness.fault.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudPartialFailure(Kind):
    """Of each request some messages are refused (InternalFailure), the others are kept.

    Attributes:
        services: that fail.
        share: of all messages, from 0 to 1.
    """

    kind: ClassVar[str] = "cloud_partial_failure"
    summary: ClassVar[str] = "the cloud refuses some messages of a request"
    refuses: ClassVar[bool] = True
    environments: ClassVar[tuple[str, ...]] = SIMULATED

    services: tuple[Service, ...]
    share: float
