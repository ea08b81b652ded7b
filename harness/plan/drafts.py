"""Moments on their way into a plan."""

from dataclasses import dataclass

from harness.fault.registry import Fault
from harness.plan.parts import Trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A moment that does not know its id yet: ids follow the order of the plan."""

    name: str
    step: str
    planned_ms: int
    trigger: Trigger | None
    fault: Fault
    duration_ms: int | None
