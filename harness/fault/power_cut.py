"""A machine without power."""

from dataclasses import dataclass
from typing import ClassVar

from harness.fault.kind import SIMULATED, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerCut(Kind):
    """The edge's machine is off, and boots when it is healed: its processes are gone at once.

    Its disk keeps what was synced. Of what was not any part is left: a file may end anywhere behind its last sync, or
    in zeros; a name that was given or taken may be there or not.
    """

    kind: ClassVar[str] = "power_cut"
    summary: ClassVar[str] = "the machine loses power"
    environments: ClassVar[tuple[str, ...]] = SIMULATED
