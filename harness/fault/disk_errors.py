"""A disk that fails."""

from dataclasses import dataclass
from typing import ClassVar

from harness.fault.disk_operation import DiskOperation
from harness.fault.kind import SIMULATED, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskErrors(Kind):
    """Every operation of one sort fails with an input/output error.

    Attributes:
        fails: reading, writing or syncing.
    """

    kind: ClassVar[str] = "disk_errors"
    summary: ClassVar[str] = "the disk fails"
    environments: ClassVar[tuple[str, ...]] = SIMULATED

    fails: DiskOperation
