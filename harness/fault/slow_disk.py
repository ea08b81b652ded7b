"""A disk that is slow to sync."""

from dataclasses import dataclass
from typing import ClassVar

from harness.fault.kind import SIMULATED, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowDisk(Kind):
    """Each sync takes longer: a worn card, or a neighbour that writes much. Whoever waits for it stands still.

    Attributes:
        sync_ms: added to each sync of a file or a folder.
    """

    kind: ClassVar[str] = "slow_disk"
    summary: ClassVar[str] = "each sync takes longer"
    environments: ClassVar[tuple[str, ...]] = SIMULATED

    sync_ms: int
