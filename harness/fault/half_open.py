"""A link that says nothing, and closes nothing when it comes back."""

from dataclasses import dataclass
from typing import ClassVar

from harness.fault.kind import Kind
from harness.fault.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfOpen(Kind):
    """Nothing gets through either way, and connections stay open when it is healed: a radio link that comes back.

    What was sent meanwhile may still arrive then, also what its sender has given up.

    Attributes:
        services: whose links.
    """

    kind: ClassVar[str] = "half_open"
    summary: ClassVar[str] = "nothing gets through, connections stay open"
    cuts: ClassVar[bool] = True
    holds: ClassVar[bool] = True

    services: tuple[Service, ...]
