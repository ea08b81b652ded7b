"""A wall clock that jumps."""

from dataclasses import dataclass, field
from typing import ClassVar

from harness.fault.kind import SIMULATED, Kind
from harness.fault.service import ALL_SERVICES, Service

DATES_MAY_DIFFER_MS = 300_000
"""AWS refuses requests that are dated more wrong than by five minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockJump(Kind):
    """The wall clock of the edge is wrong by so much, and right again when it is healed; its monotonic clock goes on.

    Services refuse what is dated more than five minutes wrong, as AWS does: a jump by more is a fault on the way to all
    of them, any other is one of the edge alone.

    Attributes:
        by_ms: forward; backward if it is negative.
        services: all of them or none, as it follows from that.
    """

    kind: ClassVar[str] = "clock_jump"
    summary: ClassVar[str] = "the wall clock of the edge jumps"
    refuses: ClassVar[bool] = True
    environments: ClassVar[tuple[str, ...]] = SIMULATED

    by_ms: int
    services: tuple[Service, ...] = field(init=False)

    def __post_init__(self) -> None:
        refused = abs(self.by_ms) > DATES_MAY_DIFFER_MS
        object.__setattr__(self, "services", ALL_SERVICES if refused else ())
