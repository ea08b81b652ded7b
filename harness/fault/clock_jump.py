"""A wall clock that jumps."""

from dataclasses import dataclass
from typing import ClassVar

from harness.fault.kind import SIMULATED, Kind
from harness.fault.service import ALL_SERVICES, Service


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockJump(Kind):
    """The wall clock of the edge is wrong by so much, and right again when it is healed; its monotonic clock goes on.

    Services refuse what is dated more than five minutes wrong, as AWS does: it is a fault on the way to all of them.

    Attributes:
        by_ms: forward; backward if it is negative.
        services: all of them, always.
    """

    kind: ClassVar[str] = "clock_jump"
    summary: ClassVar[str] = "the wall clock of the edge jumps"
    refuses: ClassVar[bool] = True
    environments: ClassVar[tuple[str, ...]] = SIMULATED

    by_ms: int
    services: tuple[Service, ...] = ALL_SERVICES
