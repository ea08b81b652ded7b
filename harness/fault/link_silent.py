"""A link that says nothing."""

from dataclasses import dataclass
from typing import ClassVar

from harness.fault.kind import Kind
from harness.fault.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSilent(Kind):
    """Nothing gets through either way and nothing is closed: a mobile link in a tunnel.

    Requests end by their own time-out or when the link is healed, which closes what was open.

    Attributes:
        services: whose links.
    """

    kind: ClassVar[str] = "link_silent"
    summary: ClassVar[str] = "nothing gets through, nothing is closed"
    cuts: ClassVar[bool] = True

    services: tuple[Service, ...]
