"""A link that lets bytes through in small slices."""

from dataclasses import dataclass
from typing import ClassVar

from harness.fault.kind import Kind
from harness.fault.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Slicer(Kind):
    """Whatever is sent arrives in slices with a pause after each, both ways: messages come in parts.

    Attributes:
        services: whose links.
        slice_bytes: of the largest slice; what is larger is halved until it is not.
        gap_ms: after each slice.
    """

    kind: ClassVar[str] = "slicer"
    summary: ClassVar[str] = "bytes come in small slices"
    holds: ClassVar[bool] = True

    services: tuple[Service, ...]
    slice_bytes: int
    gap_ms: int
