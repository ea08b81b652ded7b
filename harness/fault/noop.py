"""Nothing at all."""

from dataclasses import dataclass
from typing import ClassVar

from harness.fault.kind import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Noop(Kind):
    """Nothing is done: whoever injects faults must be able to do this right, too."""

    kind: ClassVar[str] = "noop"
    summary: ClassVar[str] = "nothing is done"
