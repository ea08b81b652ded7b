"""A link that refuses."""

from dataclasses import dataclass
from typing import ClassVar

from harness.fault.kind import Kind
from harness.fault.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkDown(Kind):
    """Open connections are closed, new ones are refused at once: a cable pulled out at the router.

    Attributes:
        services: whose links.
    """

    kind: ClassVar[str] = "link_down"
    summary: ClassVar[str] = "connections are closed and refused"
    cuts: ClassVar[bool] = True

    services: tuple[Service, ...]
