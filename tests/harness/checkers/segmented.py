"""Settings of the small world, and its segmented streams."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from .telling import ExporterSpec


class Flaw(StrEnum):
    """One way in which a server is broken."""

    IGNORES_PRIORITY = "ignores priority"
    EVICTS_NEWEST = "evicts the newest segment"
    EVICTS_EARLY = "evicts a segment that need not go"
    KEEPS_TOO_MUCH = "keeps more than the maximum size"
    EVICTS_RECORDS = "evicts single records"
    SKIPS_ON_RESTART = "skips what waits when it is started again"


@dataclass(frozen=True, kw_only=True)
class StreamSpec:
    """A stream and who appends to it."""

    name: str
    exporters: tuple[ExporterSpec, ...]
    appends: Sequence[tuple[float, int]]
    max_size: int = 268_435_456
    segment_size: int = 16_777_216


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Links that are down; each is healed a moment after the one before.

    A link that `holds` is half-open: what is sent meanwhile arrives when it is healed.
    """

    services: tuple[str, ...]
    at: float
    until: float
    silent: bool = False
    holds: bool = False


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Everything that a run of the world depends on, besides its Random."""

    streams: tuple[StreamSpec, ...]
    cuts: tuple[Cut, ...] = ()
    kills: tuple[tuple[float, float], ...] = ()
    pauses: tuple[tuple[float, float], ...] = ()
    overhead: int = 24
    latency_ms: float = 50.0
    backoff_max_ms: float = 5_000.0
    rolls_on_restart: bool = False
    keeps_batch: bool = False
    refuses: float = 0.0
    until: float = 60_000.0
    flaw: Flaw | None = None


@dataclass
class Segment:
    base: int
    sizes: list[int] = field(default_factory=list)

    @property
    def end(self) -> int:
        return self.base + len(self.sizes)


class Stream:
    """One segmented log. Numbers go on for ever."""

    def __init__(self, spec: StreamSpec, setting: Setting) -> None:
        self.spec = spec
        self.overhead = setting.overhead
        self.flaw = setting.flaw
        self.segments: list[Segment] = [Segment(0)]
        self.total = 0
        self.times: list[float] = []

    @property
    def end(self) -> int:
        return self.segments[-1].end

    def holds(self, number: int) -> bool:
        return any(each.base <= number < each.end for each in self.segments)

    def from_(self, number: int, limit: int) -> list[int]:
        held = (n for each in self.segments for n in range(max(each.base, number), each.end))
        return list(islice(held, limit))

    def append(self, payload: int, now: float) -> int:
        size = payload + self.overhead
        limit = self.spec.max_size
        if self.flaw is Flaw.EVICTS_EARLY:
            limit = limit * 3 // 4
        if self.flaw is Flaw.KEEPS_TOO_MUCH:
            limit = limit * 3 // 2
        while self.total and self.total + size > limit:
            self._evict()
        active = self.segments[-1]
        if active.sizes and sum(active.sizes) + size > self.spec.segment_size:
            self.roll()
        self.segments[-1].sizes.append(size)
        self.total += size
        self.times.append(now)
        return self.end - 1

    def roll(self) -> None:
        if self.segments[-1].sizes:
            self.segments.append(Segment(self.end))

    def _evict(self) -> None:
        if len(self.segments) == 1:
            self.roll()
        if self.flaw is Flaw.EVICTS_RECORDS:
            oldest = self.segments[0]
            self.total -= oldest.sizes.pop(0)
            oldest.base += 1
            if not oldest.sizes:
                del self.segments[0]
            return
        gone = self.segments.pop(-2 if self.flaw is Flaw.EVICTS_NEWEST else 0)
        self.total -= sum(gone.sizes)
