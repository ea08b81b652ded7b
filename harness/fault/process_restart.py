"""A process that is started again in order."""

from dataclasses import dataclass
from typing import ClassVar

from harness.fault.kind import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessRestart(Kind):
    """The process gets SIGTERM and ends; the core starts it again (the harness does, where it is the core itself).

    Attributes:
        target: which process: one of `Target`, or a function of the site by its name.
    """

    kind: ClassVar[str] = "process_restart"
    summary: ClassVar[str] = "the process is ended in order and started again"

    target: str
