"""Nothing at all."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Noop:
    """Nothing is done: whoever injects faults must be able to do this right, too."""

    kind: ClassVar[str] = "noop"
    summary: ClassVar[str] = "nothing is done"
