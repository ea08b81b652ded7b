"""A process that dies."""

from dataclasses import dataclass
from typing import ClassVar

from harness.fault.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessKill:
    """The process gets SIGKILL; the core starts it again (the harness does, where it is the core itself).

    Attributes:
        target: which process.
    """

    kind: ClassVar[str] = "process_kill"
    summary: ClassVar[str] = "the process is killed without warning"

    target: Target
