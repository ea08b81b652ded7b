"""Answers that break off."""

from dataclasses import dataclass
from typing import ClassVar

from harness.fault.kind import Kind
from harness.fault.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitData(Kind):
    """A connection is closed once so many bytes of answers have come over it, in the middle of an answer if need be.

    Attributes:
        services: whose links.
        answer_bytes: that come through on each connection.
    """

    kind: ClassVar[str] = "limit_data"
    summary: ClassVar[str] = "answers break off"

    services: tuple[Service, ...]
    answer_bytes: int
