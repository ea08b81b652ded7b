"""A process that dies."""

from dataclasses import dataclass
from typing import ClassVar

from harness.fault.kind import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessKill(Kind):
    """The process gets SIGKILL; the core starts it again (the harness does, where it is the core itself).

    Attributes:
        target: which process: one of `Target`, or a function of the site by its name.
    """

    kind: ClassVar[str] = "process_kill"
    summary: ClassVar[str] = "the process is killed without warning"

    target: str
