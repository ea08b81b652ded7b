"""The links of the simulated site, and the requests on them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from harness.environments.simulated.cloud import SimulatedCloud
from harness.environments.simulated.link import CLOUD, EDGE, TAP, Connection, Link
from harness.environments.simulated.packets import Pipe
from harness.environments.simulated.request import Request, Settle, Way
from harness.environments.simulated.world import NS_IN_MS, World
from harness.fault.limit_data import LimitData
from harness.fault.link_down import LinkDown
from harness.fault.link_silent import LinkSilent
from harness.fault.one_way import OneWay
from harness.fault.registry import LinkFault
from harness.fault.shared_bandwidth import SharedBandwidth
from harness.taps.puts import BATCH_PUT_MESSAGE, Put
from harness.taps.record import Testimony
from system.stream_manager.export.batch import Batch
from system.wire.definitions import IoTAnalyticsConfig, KinesisConfig

_CLOSING = (LinkSilent, OneWay)
"""The faults whose heal closes what was open."""


class Links:
    """See the module.

    Args:
        latency_ms: of a round trip, held on every link.
        uplink_tap, cloud_tap: write down what passes.

    Attributes:
        count, exchanges: connections and requests so far.
        request: what an attempt to deliver is made of.
    """

    request: type[Request] = Request

    def __init__(
        self,
        world: World,
        cloud: SimulatedCloud,
        services: Sequence[str],
        *,
        latency_ms: float,
        uplink_tap: Testimony,
        cloud_tap: Testimony,
    ) -> None:
        self.world = world
        self.cloud = cloud
        self.count = self.exchanges = 0
        self.links = {
            service: Link(service, latency_ms, world.dice(f"link to {service}"))
            for service in services
        }
        self.under_way: set[Request] = set()
        self._uplink_tap = uplink_tap
        self._free: dict[str, list[Connection]] = {service: [] for service in services}
        self._way = Way(
            world=world,
            cloud=cloud,
            cloud_tap=cloud_tap,
            connect=self._connection,
            free=self._is_free,
            over=self.under_way.discard,
            next_id=self._next_id,
        )

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
                return self.request(self._way, self.links["kinesis"], put, settle)
            case IoTAnalyticsConfig(iot_channel=target):
                put = Put(operation=BATCH_PUT_MESSAGE, target=target, payloads=payloads)
                return self.request(self._way, self.links["iotanalytics"], put, settle)
        raise NotImplementedError(f"the simulated site exports nothing by {type(batch.config)}")

    def forget(self) -> None:
        """The stream manager died: its connections are closed, what it has sent goes on by itself."""
        for request in self.under_way:
            request.abandoned()
        self.under_way.clear()
        for link in self.links.values():
            link.close_all(EDGE)
        for free in self._free.values():
            free.clear()

    # -- what a request needs ------------------------------------------------------------------

    def _connection(self, link: Link) -> Connection | None:
        free = self._free[link.service]
        while free:
            connection = free.pop()
            if connection in link.connections:
                return connection
        self.count += 1
        connection = Connection(link, f"{link.service}-{self.count}", self._uplink_tap)
        return connection if connection.open() else None

    def _is_free(self, connection: Connection) -> None:
        self._free[connection.link.service].append(connection)

    def _next_id(self, link: Link) -> str:
        self.exchanges += 1
        return f"{link.service}-{self.exchanges}"

    # -- faults --------------------------------------------------------------------------------

    @contextmanager
    def disturbed(self, fault: LinkFault) -> Iterator[None]:
        """Have a fault on its links; leaving the block heals."""
        links, lease = [self.links[service] for service in fault.services], object()
        pipe = Pipe(fault.bytes_per_second) if isinstance(fault, SharedBandwidth) else None
        for link in links:
            self._begin(link, lease, fault)
            if pipe is not None:
                link.pipes[lease] = pipe
        try:
            yield
        finally:
            for link in links:
                link.pipes.pop(lease, None)
                if link.faults.pop(lease, None) is not None:
                    self._healed(link, fault)

    @staticmethod
    def _begin(link: Link, lease: object, fault: LinkFault) -> None:
        link.faults[lease] = fault
        if isinstance(fault, LinkDown):
            link.close_all(CLOUD)
        if isinstance(fault, LimitData):
            link.count_answers()

    @staticmethod
    def _healed(link: Link, fault: LinkFault) -> None:
        if isinstance(fault, _CLOSING):
            link.close_all(CLOUD)
        if not link.holds:
            link.let_go()

    def unclean(self) -> list[str]:
        """What is on the links besides the latency that the scenario holds on them."""
        return [f"{link.service}: disturbed" for link in self.links.values() if link.faults]

    def heal_all(self) -> None:
        """Bring every link back; the guards that come later find nothing to heal."""
        for link in self.links.values():
            faults, link.faults = link.faults, {}
            link.pipes.clear()
            for fault in faults.values():
                self._healed(link, fault)

    def close(self) -> None:
        """The tap ends."""
        for link in self.links.values():
            link.close_all(TAP)
