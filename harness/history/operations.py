"""What the lines tell, as values. Times are milliseconds since the origin."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from harness.fault.registry import CUTS, HOLDS, REFUSES

SITEWISE = "iotsitewise"
"""The service that keeps values of properties instead of messages."""

LEAST_URGENT = 11
"""The urgency of an exporter without a priority: behind 10."""


class Outcome(StrEnum):
    """How an operation ended."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """What a message says that it was made of: readings of one sensor.

    Attributes:
        first, last: sequence numbers, in the stream that they were read from.
        count: how many they were.
    """

    sensor: str
    first: int
    last: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """One append as the edge tap saw it.

    Attributes:
        ended_ms: when the answer came or its connection closed; None: neither was seen.
        outcome: unknown means that it may or may not be stored.
        is_entry: whether it is one that IoT SiteWise can take.
        number: sequence number that the client was told; after a power cut counted on, see `history.power`.
        unsynced: whether a power cut may have taken it although it was acknowledged.
    """

    id: str
    stream: str
    epoch: int
    hash: str
    size: int
    reading: str | None
    invoked_ms: float
    ended_ms: float | None
    outcome: Outcome
    number: int | None
    error: str = ""
    aggregate: Aggregate | None = None
    is_entry: bool = False
    unsynced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Exporter:
    """An exporter of a stream, as its definition says.

    Attributes:
        urgency: 1 is the most urgent; LEAST_URGENT without a priority.
        batch_size: messages that make a batch.
        batch_interval_ms: age that makes a batch; None: never by age.
        defined_ms: when the server took its first definition.
        removed_ms: when an update left it out or disabled it, or its stream was deleted; None: it is still there.
    """

    stream: str
    epoch: int
    identifier: str
    service: str
    target: str
    urgency: int
    batch_size: int
    batch_interval_ms: int | None
    defined_ms: float
    removed_ms: float | None = None

    @property
    def key(self) -> str:
        """`stream/exporter`, as reports name it."""
        return f"{self.stream}/{self.identifier}"


@dataclass(slots=True, kw_only=True)
class StreamHistory:
    """One life of a stream, from its creation to its deletion.

    Attributes:
        definitions: as they travelled, each with the time from which it holds.
        appends: in the order in which they were invoked.
    """

    name: str
    epoch: int
    definitions: list[tuple[float, Mapping[str, Any]]] = field(default_factory=list)
    appends: list[Append] = field(default_factory=list)

    def _setting(self, key: str, otherwise: int) -> int:
        given = self.definitions[-1][1].get(key) if self.definitions else None
        return otherwise if given is None else int(given)

    @property
    def max_size(self) -> int:
        """Bytes it may hold."""
        return self._setting("maxSize", 268_435_456)

    @property
    def segment_size(self) -> int:
        """Bytes a segment may hold."""
        return self._setting("streamSegmentSize", 16_777_216)

    @property
    def overwrites(self) -> bool:
        """Whether the oldest data goes when it is full; otherwise new data is refused."""
        return self._setting("strategyOnFull", 0) == 1

    def defined_at(self, at_ms: float) -> "StreamHistory":
        """The stream as its definition was at a moment (the first one before that), without its appends."""
        known = [each for each in self.definitions if each[0] <= at_ms] or self.definitions[:1]
        return StreamHistory(name=self.name, epoch=self.epoch, definitions=known[-1:])

    def acknowledged(self) -> list[Append]:
        """The appends that the client was told are stored, by sequence number."""
        return sorted(
            (each for each in self.appends if each.number is not None),
            key=lambda each: (each.number, each.invoked_ms),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """A request to keep messages, as the cloud tap saw it.

    Attributes:
        hashes, sizes: of its messages, in order.
        rejected: places of the messages that a success refused.
        final: places of the messages that were refused for good, so that nobody has to send them again.
        answered: whether the answer could be handed to the link; None: nobody saw.
    """

    id: str
    service: str
    target: str
    hashes: tuple[str, ...]
    sizes: tuple[int, ...]
    arrived_ms: float
    ended_ms: float | None
    outcome: Outcome
    rejected: frozenset[int] = frozenset()
    final: frozenset[int] = frozenset()
    answered: bool | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the sender was told, for all that was seen, that everything is kept."""
        return self.outcome is Outcome.OK and not self.rejected and self.answered is not False

    def kept(self) -> list[int]:
        """Places of the messages that the cloud said it kept."""
        if self.outcome is not Outcome.OK:
            return []
        return [place for place in range(len(self.hashes)) if place not in self.rejected]


@dataclass(frozen=True, slots=True, kw_only=True)
class DurableRecord:
    """A message that a destination durably holds.

    Attributes:
        place: unique in the target.
        index: its place in the order in which the destination keeps it.
        arrived_wall_ms: epoch milliseconds, where the destination tells.
    """

    service: str
    target: str
    place: str
    index: int
    hash: str
    size: int
    reading: str | None
    arrived_wall_ms: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack:
    """How the reading of a destination ended."""

    service: str
    target: str
    complete: bool
    records: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultWindow:
    """A fault as it was done.

    Attributes:
        inject_ms: when injecting began, and when it was done (None: it never was).
        heal_ms: when healing began, and when it was done; None for what is over at once or was never healed.
        failed: why it could not be injected or healed; empty if it could.
    """

    id: str
    name: str
    kind: str
    services: tuple[str, ...]
    parameters: Mapping[str, Any]
    inject_ms: tuple[float, float | None]
    heal_ms: tuple[float, float | None] | None
    failed: str = ""

    @property
    def begun(self) -> bool:
        """Whether it may have been in force: it did not fail when it was injected."""
        return not self.failed or self.inject_ms[1] is not None

    @property
    def cuts(self) -> bool:
        """Whether no request is answered while it is in force."""
        return self.kind in CUTS

    @property
    def holds(self) -> bool:
        """Whether it may let go later of what it held, also of what its sender has given up."""
        return self.kind in HOLDS

    @property
    def refuses(self) -> bool:
        """Whether requests are answered all the same, some of them by a refusal."""
        return self.kind in REFUSES

    @property
    def breaks(self) -> bool:
        """Whether requests, or answers to them, may get lost because of it."""
        return self.cuts or not (self.holds or self.refuses)

    @property
    def certain_ms(self) -> tuple[float, float] | None:
        """From when to when it was in force for certain; None: never, as far as was seen."""
        begin = self.inject_ms[1]
        if begin is None:
            return None
        return begin, self.heal_ms[0] if self.heal_ms else float("inf")

    @property
    def possible_ms(self) -> tuple[float, float]:
        """From when to when it may have been in force."""
        if self.heal_ms is None:
            return self.inject_ms[0], float("inf")
        return self.inject_ms[0], float("inf") if self.heal_ms[1] is None else self.heal_ms[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class UplinkOperation:
    """A request or a connection on its way to a service, as the uplink tap saw it."""

    id: str
    service: str
    invoked_ms: float
    ended_ms: float | None
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessChange:
    """A process of the edge that began or ended."""

    at_ms: float
    target: str
    state: str
    pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceNote:
    """What the source said of itself."""

    at_ms: float
    published: int
    failed: int
    next_ordinal: int
    enabled: bool
