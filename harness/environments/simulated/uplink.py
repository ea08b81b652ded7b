"""The links of the simulated site: requests on their way to the cloud and back, and all that can become of them.

A service's link is down, silent, slow or narrow. What a request meets is what `docs/reference/faults.md` says that a
connection which is kept open meets in the real editions:

- a link that goes down breaks what is on it; what had reached the cloud is kept all the same;
- a silent link holds everything up, and closes what was open when it is healed;
- a slow link holds bytes back, half of it each way, a narrow one by their number, for each connection.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto

from harness.environments.simulated.cloud import Refused, SimulatedCloud
from harness.environments.simulated.world import NS_IN_MS, Event, World
from harness.taps.exchange import Exchange
from harness.taps.puts import BATCH_PUT_MESSAGE, Put
from harness.taps.record import Record
from system.stream_manager.export.batch import Batch, Delivered, Failed, SinkResult
from system.wire.definitions import IoTAnalyticsConfig, KinesisConfig

READ_TIMEOUT_MS = 15_000.0
LOOPBACK_MS = 0.2
HELD = "scenario"
"""Whose latency stays on every link."""

HEADERS_BYTES = 600
"""Of a request or an answer, for links that count bytes."""

Settle = Callable[[SinkResult], None]

REFUSED = Failed(reason="Could not connect to the endpoint URL", transport=True)
CLOSED = Failed(reason="Connection was closed before an answer", transport=True)
TOO_LATE = Failed(reason="Read timeout on endpoint URL", transport=True, doubtful=True)


class Way(Enum):
    """Where a request is."""

    UP = auto()
    IN_THE_CLOUD = auto()
    DOWN = auto()
    OVER = auto()


@dataclass(slots=True, eq=False)
class Link:
    """The state of one service's link.

    Attributes:
        down, silent: the faults that make it so.
        slow: milliseconds of a round trip, for each fault that makes it slow and for what the scenario holds on it.
        narrow: bytes per second, for each fault that makes it narrow.
        connections: those that are open.
    """

    service: str
    down: set[object] = field(default_factory=set)
    silent: set[object] = field(default_factory=set)
    slow: dict[object, float] = field(default_factory=dict)
    narrow: dict[object, int] = field(default_factory=dict)
    connections: list["Connection"] = field(default_factory=list)

    def travel_ms(self, size: int) -> float:
        """How long so many bytes are under way in one direction."""
        narrow_ms = size * 1000 / min(self.narrow.values()) if self.narrow else 0.0
        return LOOPBACK_MS + sum(self.slow.values()) / 2 + narrow_ms

    def close_all(self, side: str) -> None:
        """End every connection."""
        for connection in list(self.connections):
            connection.close(side)


class Connection:
    """One connection that is kept open, with at most one request on it."""

    def __init__(self, links: "Links", link: Link) -> None:
        self._links = links
        self.link = link
        links.count += 1
        self._id = f"{link.service}-{links.count}"
        self._requests = 0
        self._bytes = [0, 0]
        self.request: Request | None = None
        self._line("connection", "invoked", self._id)

    def open(self) -> bool:
        """Whether the link accepts it."""
        if self.link.down:
            self._line("connection", "failed", self._id, reason="Connection refused")
            return False
        self._line("connection", "ok", self._id)
        self.link.connections.append(self)
        return True

    def begin(self, request: "Request", size: int) -> None:
        """A request leaves."""
        self.request = request
        self._requests += 1
        self._bytes[0] += size
        self._line("request", "invoked", self._request_id)

    def answered(self, size: int) -> None:
        """Its answer is here."""
        self.request = None
        self._bytes[1] += size
        self._line("request", "ok", self._request_id)

    def close(self, side: str, failure: Failed = CLOSED) -> None:
        """It ends; a request on it has failed."""
        if self not in self.link.connections:
            return
        self.link.connections.remove(self)
        if self.request is not None:
            reason = f"closed by {side}"
            ended = "unknown" if side == "tap" else "failed"
            self._line("request", ended, self._request_id, reason=reason)
        up, down = self._bytes
        self._line("connection", "note", self._id, closed_by=side, up=up, down=down)
        request, self.request = self.request, None
        if request is not None:
            request.broken(failure)

    @property
    def _request_id(self) -> str:
        return f"{self._id}-{self._requests}"

    def _line(self, kind: str, type: str, id: str, **fields: object) -> None:
        self._links.uplink_tap.write(kind, type, id=id, service=self.link.service, **fields)


class Request:
    """One attempt to deliver a batch."""

    def __init__(self, links: "Links", link: Link, put: Put, settle: Settle) -> None:
        self._links = links
        self._world = links.world
        self._link = link
        self._put = put
        self._settle = settle
        self._way = Way.UP
        self._next: Event | None = None
        self._timeout: Event | None = None
        self._connection: Connection | None = None
        self._exchange: Exchange | None = None
        self._size = sum(map(len, put.payloads)) * 4 // 3 + HEADERS_BYTES
        self._result: SinkResult | None = None

    def begin(self) -> None:
        """Leave, on a connection that is free or on a new one."""
        connection = self._links.connection(self._link)
        if connection is None:
            self._over(REFUSED)
            return
        self._connection = connection
        connection.begin(self, self._size)
        self._timeout = self._world.after(READ_TIMEOUT_MS, self._too_late)
        self._go(self._size, self._arrive)

    def _go(self, size: int, arrive: Callable[[], None]) -> None:
        """Be under way, unless the link is silent: then nothing more comes of it."""
        if not self._link.silent:
            self._next = self._world.after(self._link.travel_ms(size), lambda: self._at(arrive))

    def _at(self, arrive: Callable[[], None]) -> None:
        # What was under way when the link became silent did not get through.
        if not self._link.silent:
            arrive()

    def _arrive(self) -> None:
        self._way = Way.IN_THE_CLOUD
        service = self._link.service
        self._links.exchanges += 1
        self._exchange = Exchange(
            record=self._links.cloud_tap,
            id=f"{service}-{self._links.exchanges}",
            service=service,
            operation=self._put.operation,
            put=self._put,
        )
        self._exchange.begin(**self._put.fields())
        self._next = self._world.after(self._links.cloud.thinking_ms(), self._answer)

    def _answer(self) -> None:
        assert self._exchange is not None
        refused = self._links.cloud.put(self._link.service, self._put)
        self._result = Delivered() if refused is None else _failure(refused)
        if refused is None:
            self._exchange.settle("ok", status=200, rejected=[])
        else:
            self._exchange.settle("failed", status=refused.status, error=refused.error)
        self._way = Way.DOWN
        # Handed to the link, which may still lose it.
        self._exchange.returned(self._connection is not None)
        if self._connection is not None:
            self._go(HEADERS_BYTES, self._back)

    def _back(self) -> None:
        assert self._connection is not None and self._result is not None
        self._connection.answered(HEADERS_BYTES)
        self._links.idle(self._connection)
        self._over(self._result)

    def _too_late(self) -> None:
        if self._connection is not None:
            self._connection.close("edge side", TOO_LATE)

    def broken(self, failed: Failed) -> None:
        """Its connection is closed."""
        self._connection = None
        # What is in the cloud already goes on there.
        if self._way is not Way.IN_THE_CLOUD:
            self._cancel(self._next)
            self._way = Way.OVER
        self._over(failed)

    def abandoned(self) -> None:
        """Whoever waited for its answer is gone; what is under way goes on by itself."""
        self._settle = _nobody

    def _over(self, result: SinkResult) -> None:
        self._cancel(self._timeout)
        self._links.under_way.discard(self)
        settle, self._settle = self._settle, _nobody
        settle(result)

    @staticmethod
    def _cancel(event: Event | None) -> None:
        if event is not None:
            event.cancel()


def _nobody(result: SinkResult) -> None:
    """Takes what nobody waits for."""


def _failure(refused: Refused) -> Failed:
    return Failed(reason=refused.error, doubtful=refused.status in (500, 502, 504))


class Links:
    """The links of all services, and the requests on them.

    Args:
        uplink_tap, cloud_tap: write down what passes.

    Attributes:
        count, exchanges: connections and requests so far.
    """

    def __init__(
        self,
        world: World,
        cloud: SimulatedCloud,
        services: Sequence[str],
        *,
        latency_ms: float,
        uplink_tap: Record,
        cloud_tap: Record,
    ) -> None:
        self.world = world
        self.cloud = cloud
        self.uplink_tap = uplink_tap
        self.cloud_tap = cloud_tap
        self.count = self.exchanges = 0
        self.links = {service: Link(service, slow={HELD: latency_ms}) for service in services}
        self.under_way: set[Request] = set()
        self._free: dict[str, list[Connection]] = {service: [] for service in services}

    # -- what the stream manager asks for ------------------------------------------------------

    def put(self, batch: Batch, settle: Settle) -> None:
        """Try once to deliver a batch."""
        request = self._request(batch, settle)
        self.under_way.add(request)
        self.world.at(self.world.now_ns + NS_IN_MS // 10, request.begin)

    def _request(self, batch: Batch, settle: Settle) -> Request:
        payloads = [message.payload for message in batch.messages]
        match batch.config:
            case KinesisConfig(kinesis_stream_name=target):
                put = Put(operation="PutRecords", target=target, payloads=payloads)
                return Request(self, self.links["kinesis"], put, settle)
            case IoTAnalyticsConfig(iot_channel=target):
                put = Put(operation=BATCH_PUT_MESSAGE, target=target, payloads=payloads)
                return Request(self, self.links["iotanalytics"], put, settle)
        raise NotImplementedError(f"the simulated site exports nothing by {type(batch.config)}")

    def forget(self) -> None:
        """The stream manager died: its connections are closed, what is in the cloud already is kept."""
        for request in self.under_way:
            request.abandoned()
        self.under_way.clear()
        for link in self.links.values():
            link.close_all("edge side")
        for free in self._free.values():
            free.clear()

    def connection(self, link: Link) -> Connection | None:
        """One that is free, or a new one; None when the link refuses."""
        free = self._free[link.service]
        while free:
            connection = free.pop()
            if connection in link.connections:
                return connection
        connection = Connection(self, link)
        return connection if connection.open() else None

    def idle(self, connection: Connection) -> None:
        """A connection is free again."""
        self._free[connection.link.service].append(connection)

    # -- faults --------------------------------------------------------------------------------

    def _chosen(self, services: Sequence[str]) -> list[Link]:
        return [self.links[service] for service in services]

    @contextmanager
    def down(self, services: Sequence[str]) -> Iterator[None]:
        """The links refuse connections, and those that are open are closed; leaving the block heals."""
        links, fault = self._chosen(services), object()
        for link in links:
            link.down.add(fault)
            link.close_all("cloud side")
        try:
            yield
        finally:
            for link in links:
                link.down.discard(fault)

    @contextmanager
    def silent(self, services: Sequence[str]) -> Iterator[None]:
        """Nothing gets through; leaving the block heals, which closes what was open."""
        links, fault = self._chosen(services), object()
        for link in links:
            link.silent.add(fault)
        try:
            yield
        finally:
            for link in links:
                link.silent.discard(fault)
                link.close_all("cloud side")

    @contextmanager
    def slow(self, services: Sequence[str], latency_ms: float) -> Iterator[None]:
        """What is sent takes longer; leaving the block heals."""
        links, fault = self._chosen(services), object()
        for link in links:
            link.slow[fault] = latency_ms
        try:
            yield
        finally:
            for link in links:
                link.slow.pop(fault, None)

    @contextmanager
    def narrow(self, services: Sequence[str], bytes_per_second: int) -> Iterator[None]:
        """Bytes pass at a limited rate; leaving the block heals."""
        links, fault = self._chosen(services), object()
        for link in links:
            link.narrow[fault] = bytes_per_second
        try:
            yield
        finally:
            for link in links:
                link.narrow.pop(fault, None)

    def unclean(self) -> list[str]:
        """What is on the links besides the latency that the scenario holds on them."""
        return [
            f"{link.service}: disturbed"
            for link in self.links.values()
            if link.down or link.silent or link.narrow or len(link.slow) > 1
        ]

    def heal_all(self) -> None:
        """Bring every link back; the guards that come later find nothing to heal."""
        for link in self.links.values():
            if link.silent:
                link.close_all("cloud side")
            for faults in (link.down, link.silent, link.narrow):
                faults.clear()
            link.slow = {HELD: link.slow[HELD]}

    def close(self) -> None:
        """The tap ends."""
        for link in self.links.values():
            link.close_all("tap")
