"""A disk that has no room."""

from dataclasses import dataclass
from typing import ClassVar

from harness.fault.kind import SIMULATED, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskFull(Kind):
    """Nothing more can be written to the edge's disk: somebody else has filled it. What is there can be read."""

    kind: ClassVar[str] = "disk_full"
    summary: ClassVar[str] = "the disk is full"
    environments: ClassVar[tuple[str, ...]] = SIMULATED
