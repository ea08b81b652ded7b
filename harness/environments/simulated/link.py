"""One link of the simulated site: the faults on it, its connections, and how long bytes are under way.

A fault is asked for what it does to bytes; how long it lasts is its lease's affair. What a connection meets is what
`docs/reference/faults.md` says that it meets in the real editions.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Protocol, TypeVar

from harness.environments.simulated.packets import Pipe, loss_ms, reorder_ms
from harness.fault.bandwidth import Bandwidth
from harness.fault.connection_reset import ConnectionReset
from harness.fault.direction import Lost
from harness.fault.half_open import HalfOpen
from harness.fault.latency import Latency
from harness.fault.limit_data import LimitData
from harness.fault.link_down import LinkDown
from harness.fault.link_silent import LinkSilent
from harness.fault.one_way import OneWay
from harness.fault.packet_loss import PacketLoss
from harness.fault.packet_reorder import PacketReorder
from harness.fault.registry import LinkFault
from harness.fault.slicer import Slicer
from harness.taps.record import Testimony
from system.stream_manager.export.batch import Failed

LOOPBACK_MS = 0.2

CLOSED = Failed(reason="Connection was closed before an answer", transport=True)

EDGE, CLOUD, TAP = "edge side", "cloud side", "tap"
"""Who ended a connection, as the uplink tap tells it."""


F = TypeVar("F")


class Carried(Protocol):
    """What is on a connection."""

    def broken(self, failure: Failed, side: str) -> None:
        """The connection has ended."""


@dataclass(slots=True, eq=False)
class Link:
    """The link of one service.

    Attributes:
        latency_ms: of a round trip, that the scenario holds on it.
        dice: tell which packets get lost.
        pipes: narrow ways that it shares with other links, by the lease of their fault.
        faults: those in force, by their lease.
        connections: those that are open.
        held: what goes on its way when the link lets go of it.
    """

    service: str
    latency_ms: float
    dice: Random
    pipes: dict[object, Pipe] = field(default_factory=dict)
    faults: dict[object, LinkFault] = field(default_factory=dict)
    connections: list["Connection"] = field(default_factory=list)
    held: list[Callable[[], None]] = field(default_factory=list)

    @property
    def down(self) -> bool:
        """Whether it refuses connections."""
        return any(isinstance(each, LinkDown) for each in self.faults.values())

    @property
    def holds(self) -> bool:
        """Whether bytes wait on it until it is healed."""
        return any(isinstance(each, HalfOpen) for each in self.faults.values())

    def loses(self, way: Lost) -> bool:
        """Whether bytes get lost on one of its ways."""
        return any(
            isinstance(each, LinkSilent) or (isinstance(each, OneWay) and each.lost is way)
            for each in self.faults.values()
        )

    def resets(self, way: Lost) -> bool:
        """Whether bytes on one of its ways reset their connection."""
        return any(
            isinstance(each, ConnectionReset) and each.lost is way for each in self.faults.values()
        )

    def answer_bytes(self) -> int | None:
        """How many bytes of answers a connection lasts; None: any number."""
        limits = [each.answer_bytes for each in self._of(LimitData)]
        return min(limits, default=None)

    def travel_ms(self, way: Lost, size: int, now_ms: float) -> float:
        """How long so many bytes are under way in one direction."""
        round_trip_ms = self.latency_ms + sum(each.latency_ms for each in self._of(Latency))
        rates = [each.bytes_per_second for each in self._of(Bandwidth)]
        narrow_ms = size * 1000 / min(rates) if rates else 0.0
        sliced_ms = sum(_slices(size, each.slice_bytes) * each.gap_ms for each in self._of(Slicer))
        shared_ms = sum(each.pass_ms(way, size, now_ms) for each in self.pipes.values())
        packets_ms = self._packets_ms(size, round_trip_ms)
        return LOOPBACK_MS + round_trip_ms / 2 + narrow_ms + sliced_ms + shared_ms + packets_ms

    def _packets_ms(self, size: int, round_trip_ms: float) -> float:
        late = [*self._of(PacketReorder)]
        late_ms = reorder_ms(late, size, self.dice) if late else 0.0
        return late_ms + sum(
            loss_ms(each, size, round_trip_ms, self.dice) for each in self._of(PacketLoss)
        )

    def _of(self, kind: type[F]) -> Iterator[F]:
        return (each for each in self.faults.values() if isinstance(each, kind))

    def let_go(self) -> None:
        """What was held goes on its way."""
        held, self.held = self.held, []
        for go_on in held:
            go_on()

    def count_answers(self) -> None:
        """From now on the bytes of answers count."""
        for connection in self.connections:
            connection.counted_from = connection.answer_bytes

    def close_all(self, side: str) -> None:
        """End every connection; what is held still arrives if it was its sender who ended them."""
        if side != EDGE:
            self.held.clear()
        for connection in list(self.connections):
            connection.close(side)


def _slices(size: int, most: int) -> int:
    """How many slices there are when what is larger than the largest one is halved until it is not."""
    count = 1
    while size > most * count:
        count *= 2
    return count


class Connection:
    """One connection that is kept open, with at most one request on it.

    Args:
        id: as the uplink tap calls it.
        tap: writes down what becomes of it.

    Attributes:
        request: on it now.
        answer_bytes: that have come over it since it was made.
        counted_from: how many had when they began to be counted.
    """

    def __init__(self, link: Link, id: str, tap: Testimony) -> None:
        self.link = link
        self.request: Carried | None = None
        self.answer_bytes = self.counted_from = 0
        self._id = id
        self._tap = tap
        self._requests = 0
        self._request_bytes = 0
        self._line("connection", "invoked", self._id)

    def open(self) -> bool:
        """Whether the link accepts it."""
        if self.link.down:
            self._line("connection", "failed", self._id, reason="Connection refused")
            return False
        self._line("connection", "ok", self._id)
        self.link.connections.append(self)
        return True

    def begin(self, request: Carried, size: int) -> None:
        """A request leaves."""
        self.request = request
        self._requests += 1
        self._request_bytes += size
        self._line("request", "invoked", self._request_id)

    def answered(self, size: int) -> None:
        """Its answer is here."""
        self.request = None
        self.answer_bytes += size
        self._line("request", "ok", self._request_id)

    def answer_bytes_left(self) -> int | None:
        """How many bytes of answers it still lets through; None: any number."""
        limit = self.link.answer_bytes()
        if limit is None:
            return None
        return max(0, limit - (self.answer_bytes - self.counted_from))

    def close(self, side: str, failure: Failed = CLOSED) -> None:
        """It ends; a request on it has failed."""
        if self not in self.link.connections:
            return
        self.link.connections.remove(self)
        if self.request is not None:
            ended = "unknown" if side == TAP else "failed"
            self._line("request", ended, self._request_id, reason=f"closed by {side}")
        up, down = self._request_bytes, self.answer_bytes
        self._line("connection", "note", self._id, closed_by=side, up=up, down=down)
        request, self.request = self.request, None
        if request is not None:
            request.broken(failure, side)

    @property
    def _request_id(self) -> str:
        return f"{self._id}-{self._requests}"

    def _line(self, kind: str, type: str, id: str, **fields: object) -> None:
        self._tap.write(kind, type, id=id, service=self.link.service, **fields)
