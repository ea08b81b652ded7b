"""A process that stands still."""

from dataclasses import dataclass
from typing import ClassVar

from harness.fault.kind import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessPause(Kind):
    """The process gets SIGSTOP and later SIGCONT: it does nothing meanwhile, and nobody is told. A machine that swaps.

    Attributes:
        target: which process: one of `Target`, or a function of the site by its name.
    """

    kind: ClassVar[str] = "process_pause"
    summary: ClassVar[str] = "the process stands still"

    target: str
