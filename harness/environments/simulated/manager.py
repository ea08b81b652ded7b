"""The stream manager as a process of the simulated site: the real engine and connections, without sockets and threads.

What `system.stream_manager.server` is for the real editions: it moves bytes, keeps rounds and timers, decides nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from harness.environments.simulated.machine import Machine
from harness.environments.simulated.pauses import Pauses
from harness.environments.simulated.world import NS_IN_MS, Alarm, Event, World
from system.stream_manager.composition import Parts, make_engine
from system.stream_manager.connection import Connection
from system.stream_manager.engine import Effect, Engine, PutBatch, Respond, WakeAt
from system.stream_manager.export.batch import Batch, SinkResult
from system.stream_manager.operator import Log
from system.stream_manager.session import Session
from system.wire.messages import ReadMessages

ROUND_NS = 100_000
"""From a request to the end of the round that answers it."""


class Peer(Protocol):
    """The other end of a connection, as the server sees it."""

    def server_sent(self, data: bytes) -> None:
        """Bytes from the server."""

    def server_closed(self) -> None:
        """The server is gone, or ended the connection."""


class Destinations(Protocol):
    """What delivers batches."""

    def put(self, batch: Batch, settle: Callable[[SinkResult], None]) -> None:
        """Try once to deliver a batch; `settle` is called when its end is known."""

    def forget(self) -> None:
        """Whoever waited for answers is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerSettings:
    """What the server is told by its environment."""

    pool_size: int = 5
    max_backoff_ms: int = 300_000
    max_bandwidth_kbit_per_s: int = 0


@dataclass(slots=True, eq=False)
class _Client:
    connection: Connection
    peer: Peer
    arrived: list[bytes] = field(default_factory=list)


class _Life:
    """One life of the process, from its start to its death."""

    def __init__(self, manager: "SimulatedManager", engine: Engine) -> None:
        self.engine = engine
        self.clients: list[_Client] = []
        self.by_session: dict[Session, _Client] = {}
        self.timer = Alarm(manager.world, self.round_soon)
        self.round: Event | None = None
        self._manager = manager

    def round_soon(self) -> None:
        if self.round is None:
            self.round = self._manager.world.at(
                self._manager.world.now_ns + ROUND_NS, self._one_round
            )

    def _one_round(self) -> None:
        self.round = None
        if self._manager.paused:
            return
        self.engine.tick()
        effects = self.engine.effects()
        if waited_ms := self._manager.machine.disk.take_waited_ms():
            self._manager.wait_for_disk(waited_ms, lambda: self._release(effects))
        else:
            self._release(effects)

    def _release(self, effects: list[Effect]) -> None:
        for effect in effects:
            self._perform(effect)
        for client in list(self.clients):
            self.flush(client)

    def take(self, client: _Client) -> None:
        """Hand to the engine what can be; after a read the next requests wait a round, as in the real shell."""
        while (request := client.connection.next_request()) is not None:
            session = client.connection.session
            assert session is not None, "a connection without session has no requests"
            self.by_session[session] = client
            self.engine.handle(session, request)
            if type(request) is ReadMessages:
                self._manager.world.soon(lambda: self._take_if_there(client))
                break
        self.round_soon()

    def _take_if_there(self, client: _Client) -> None:
        if client in self.clients and not self._manager.paused:
            self.take(client)

    def flush(self, client: _Client) -> None:
        for data in client.connection.take_output():
            client.peer.server_sent(data)
        if client.connection.closing:
            self.lose(client)
            client.peer.server_closed()

    def lose(self, client: _Client) -> None:
        if client in self.clients:
            self.clients.remove(client)
            if client.connection.session is not None:
                self.by_session.pop(client.connection.session, None)
                self.engine.forget(client.connection.session)

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Respond(session, response):
                if (client := self.by_session.get(session)) is not None:
                    client.connection.answer(response)
            case PutBatch(batch):
                self._manager.destinations.put(batch, lambda result: self._settle(batch, result))
            case WakeAt(at_ms):
                self._wake_at(at_ms)

    def _settle(self, batch: Batch, result: SinkResult) -> None:
        if self._manager.life is not self:
            return
        if self._manager.paused:
            self._manager.when_resumed.append(lambda: self._settle(batch, result))
            return
        self.engine.settle(batch, result)
        self.round_soon()

    def _wake_at(self, at_ms: int | None) -> None:
        if at_ms is None:
            self.timer.off()
        else:
            self.timer.set((at_ms + 1) * NS_IN_MS)

    def end(self) -> None:
        self.timer.off()
        if self.round is not None:
            self.round.cancel()
        clients, self.clients = self.clients, []
        for client in clients:
            client.peer.server_closed()


class SimulatedManager:
    """The process.

    Args:
        machine: that it runs on; its store is on the disk, and outlives the process.
        parts: what its engine is made of; ours, or somebody's broken ones.
        destinations: deliver its batches.
        log: takes what an operator should see.

    Attributes:
        life: None while it does not run.
        pauses: that it is stopped for, where it stands.
        when_resumed: what reached it while it stood still.
    """

    def __init__(
        self,
        world: World,
        *,
        machine: Machine,
        settings: ManagerSettings,
        parts: Parts,
        destinations: Destinations,
        log: Log,
    ) -> None:
        self.world = world
        self.destinations = destinations
        self.life: _Life | None = None
        self.when_resumed: list[Callable[[], None]] = []
        self.machine = machine
        self._settings = settings
        self._parts = parts
        self._log = log
        self.pauses = Pauses(self._resume)
        self._syncs = Pauses(self._resume)
        self._connections = 0

    @property
    def listening(self) -> bool:
        """Whether clients can connect."""
        return self.life is not None

    def start(self) -> None:
        """Begin to run, with what is on the disk.

        Raises:
            StorageFailed: with that it cannot run.
        """
        settings = self._settings
        engine = make_engine(
            self.machine.disk,
            self.machine.clock,
            self._log,
            pool_size=settings.pool_size,
            max_backoff_ms=settings.max_backoff_ms,
            max_bandwidth_kbit_per_s=settings.max_bandwidth_kbit_per_s,
            parts=self._parts,
        )
        self.life = _Life(self, engine)
        self.life.round_soon()

    def kill(self) -> None:
        """End it without warning: what was written stays, what was in memory does not."""
        life, self.life = self.life, None
        self.machine.disk.take_waited_ms()
        self.pauses.forget()
        self._syncs.forget()
        self.when_resumed.clear()
        self.destinations.forget()
        self.machine.disk.let_go()
        if life is not None:
            life.end()

    def end_exporting(self) -> None:
        """Begin to end it in order: no more batches, every answer that is owed."""
        if self.life is not None:
            self.life.engine.end_waiting()
            self.life.round_soon()

    def has_settled(self) -> bool:
        """Whether it has nothing under way any more, and does not stand still."""
        return self.life is None or not (self.paused or self.life.engine.batches_under_way)

    def stop(self) -> None:
        """End it, its cursors stored, unless it stands still even now: then nothing is left but to kill it."""
        if self.life is not None and not self.paused:
            self.life.engine.close()
        self.kill()

    @property
    def paused(self) -> bool:
        """Whether it does nothing: it is stopped, or waits for the disk."""
        return bool(self.pauses or self._syncs)

    def wait_for_disk(self, milliseconds: float, then: Callable[[], None]) -> None:
        """Stand still until the disk is done, do something, and go on."""
        sync = self._syncs.begin()
        self.when_resumed.insert(0, then)
        self.world.after(milliseconds, lambda: self._syncs.end(sync))

    def _resume(self) -> None:
        """Let it go on with what came meanwhile, unless it stands still for another reason."""
        if self.paused:
            return
        waiting, self.when_resumed = self.when_resumed, []
        for each in waiting:
            each()
        if self.life is not None:
            self.life.round_soon()
        self.world.observe()

    # -- connections ---------------------------------------------------------------------------

    def connect(self, peer: Peer) -> "Wire":
        """A new connection; only while it is listening."""
        assert self.life is not None, "nobody listens"
        self._connections += 1
        client = _Client(Connection(self._connections), peer)
        self.life.clients.append(client)
        return Wire(self, self.life, client)


@dataclass(frozen=True, slots=True)
class Wire:
    """One connection, as its client's side holds it."""

    _manager: SimulatedManager
    _life: _Life
    _client: _Client

    def send(self, data: bytes) -> None:
        """Bytes from the client; what a paused server gets waits in its socket."""
        if self._manager.life is not self._life or self._client not in self._life.clients:
            return
        if self._manager.paused:
            self._manager.when_resumed.append(lambda: self.send(data))
            return
        self._client.connection.receive(data)
        self._life.take(self._client)

    def close(self) -> None:
        """The client is gone."""
        if self._manager.life is self._life:
            self._life.lose(self._client)
