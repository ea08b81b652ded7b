"""A link that is silent in one direction."""

from dataclasses import dataclass
from typing import ClassVar

from harness.fault.direction import Lost
from harness.fault.kind import Kind
from harness.fault.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class OneWay(Kind):
    """Requests never arrive, or they arrive and are kept and their answers never come back: a bad antenna at one end.

    Connections that were used meanwhile are closed when it is healed.

    Attributes:
        services: whose links.
        lost: what does not get through.
    """

    kind: ClassVar[str] = "one_way"
    summary: ClassVar[str] = "nothing gets through in one direction"
    cuts: ClassVar[bool] = True

    services: tuple[Service, ...]
    lost: Lost
