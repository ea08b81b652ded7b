"""One attempt to deliver a batch: on its way to the cloud, in it, and on its way back."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from harness.environments.simulated.cloud import SimulatedCloud
from harness.environments.simulated.link import (
    CLOSED,
    CLOUD,
    EDGE,
    LOOPBACK_MS,
    Connection,
    Link,
)
from harness.environments.simulated.targets import Answer
from harness.environments.simulated.world import Event, World
from harness.fault.direction import Lost
from harness.taps.exchange import Exchange
from harness.taps.puts import Put
from harness.taps.record import Testimony
from system.stream_manager.export.batch import Delivered, Failed, SinkResult
from system.stream_manager.sinks.failures import DOUBTFUL_STATUSES

READ_TIMEOUT_MS = 15_000.0

HEADERS_BYTES = 600
"""Of a request or an answer, for links that count bytes."""

STATUS_LINE_BYTES = 17
"""`HTTP/1.1 200 OK`: an answer that breaks off behind it is a success that says nothing."""

Settle = Callable[[SinkResult], None]

REFUSED = Failed(reason="Could not connect to the endpoint URL", transport=True)
TOO_LATE = Failed(reason="Read timeout on endpoint URL", transport=True, doubtful=True)
CUT_SHORT = Failed(reason="the answer was cut short", doubtful=True)


class Place(Enum):
    """Where a request is."""

    UP = auto()
    IN_THE_CLOUD = auto()
    DOWN = auto()
    OVER = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What a request needs on its way.

    Attributes:
        connect: a connection of a link that is free, or a new one; None when the link refuses.
        free: a connection can be used again.
        over: its end is known.
        next_id: of the next request that reaches the cloud.
    """

    world: World
    cloud: SimulatedCloud
    cloud_tap: Testimony
    connect: Callable[[Link], Connection | None]
    free: Callable[[Connection], None]
    over: Callable[["Request"], None]
    next_id: Callable[[Link], str]


class Request:
    """See the module.

    Args:
        settle: told its end once.
    """

    def __init__(self, way: Way, link: Link, put: Put, settle: Settle) -> None:
        self._way = way
        self._link = link
        self._put = put
        self._settle = settle
        self._place = Place.UP
        self._next: Event | None = None
        self._timeout: Event | None = None
        self._connection: Connection | None = None
        self._exchange: Exchange | None = None
        self._size = sum(map(len, put.payloads)) * 4 // 3 + HEADERS_BYTES
        self._result: SinkResult | None = None

    # -- up ------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Leave, on a connection that is free or on a new one."""
        connection = self._way.connect(self._link)
        if connection is None:
            self._over(REFUSED)
            return
        self._connection = connection
        connection.begin(self, self._size)
        self._timeout = self._way.world.after(READ_TIMEOUT_MS, self._too_late)
        self._go(Lost.REQUESTS, self._size, self._arrive)

    def _go(self, way: Lost, size: int, arrive: Callable[[], None]) -> None:
        """Be under way, unless the link lets nothing through."""
        link = self._link
        if link.loses(way):
            return
        if link.holds:
            link.held.append(lambda: self._go_on(way, size, arrive))
        elif link.resets(way):
            self._next = self._way.world.after(LOOPBACK_MS, self._reset)
        else:
            travel_ms = link.travel_ms(way, size, self._way.world.now_ms)
            self._next = self._way.world.after(travel_ms, lambda: self._at(way, arrive))

    def _go_on(self, way: Lost, size: int, arrive: Callable[[], None]) -> None:
        if self._place is not Place.OVER:
            self._go(way, size, arrive)

    def _reset(self) -> None:
        if self._connection is not None:
            self._connection.close(CLOUD)

    def _at(self, way: Lost, arrive: Callable[[], None]) -> None:
        """The end of its way, unless the link became silent meanwhile, or holds it."""
        link = self._link
        # Whoever gave it up is no longer there to be told that the link went down.
        if self._place is Place.OVER or link.loses(way) or (link.down and not self._connection):
            return
        if link.holds:
            link.held.append(lambda: self._at(way, arrive))
        else:
            arrive()

    # -- in the cloud --------------------------------------------------------------------------

    def _arrive(self) -> None:
        self._place = Place.IN_THE_CLOUD
        self._exchange = Exchange(
            record=self._way.cloud_tap,
            id=self._way.next_id(self._link),
            service=self._link.service,
            operation=self._put.operation,
            put=self._put,
        )
        self._exchange.begin(**self._put.fields())
        self._way.cloud.take(self._link.service, self._put, self._answered)

    def _answered(self, answer: Answer) -> None:
        assert self._exchange is not None
        if answer.status < 300:
            self._exchange.settle("ok", status=answer.status, rejected=list(answer.rejected))
        elif answer.status >= 500:
            self._exchange.settle("unknown", status=answer.status, reason=answer.error)
        else:
            self._exchange.settle("failed", status=answer.status, error=answer.error)
        self._result = _result(answer)
        self._place = Place.DOWN
        # Handed to the link, which may still lose it.
        self._exchange.returned(self._connection is not None)
        if self._connection is not None:
            self._go(Lost.ANSWERS, HEADERS_BYTES, self._back)

    # -- down ----------------------------------------------------------------------------------

    def _back(self) -> None:
        connection, result = self._connection, self._result
        if connection is None or result is None:
            return
        left = connection.answer_bytes_left()
        if left is not None and left < HEADERS_BYTES:
            self._broken_off(connection, left)
            return
        connection.answered(HEADERS_BYTES)
        self._way.free(connection)
        self._over(result)

    def _broken_off(self, connection: Connection, left: int) -> None:
        """An answer of which only so many bytes come."""
        if left:
            connection.answered(left)
        connection.close(CLOUD)
        self._over(CLOSED if left <= STATUS_LINE_BYTES else CUT_SHORT)

    # -- its end -------------------------------------------------------------------------------

    def _too_late(self) -> None:
        if self._connection is not None:
            self._connection.close(EDGE, TOO_LATE)

    def broken(self, failure: Failed, side: str) -> None:
        """Its connection is closed."""
        self._connection = None
        # What its sender has sent arrives, also when he waits for it no more; what is in the cloud goes on there.
        if side != EDGE and self._place is not Place.IN_THE_CLOUD:
            self._cancel(self._next)
            self._place = Place.OVER
        self._over(failure)

    def abandoned(self) -> None:
        """Whoever waited for its answer is gone; what is under way goes on by itself."""
        self._settle = _nobody

    def _over(self, result: SinkResult) -> None:
        self._cancel(self._timeout)
        self._way.over(self)
        settle, self._settle = self._settle, _nobody
        settle(result)

    @staticmethod
    def _cancel(event: Event | None) -> None:
        if event is not None:
            event.cancel()


def _nobody(result: SinkResult) -> None:
    """Takes what nobody waits for."""


def _result(answer: Answer) -> SinkResult:
    """What our sinks make of an answer."""
    if answer.status < 300:
        return Delivered(refused=answer.rejected, reason=answer.error)
    return Failed(reason=answer.error, doubtful=answer.status in DOUBTFUL_STATUSES)
