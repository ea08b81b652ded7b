"""The cloud of the simulated site: data streams and channels that hold messages, and how long they take to say so."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from harness.environments.protocol import Destination
from harness.environments.simulated.world import World
from harness.taps.payload import describe
from harness.taps.puts import Put
from harness.taps.record import Testimony

SHARD = "shardId-000000000000"
MESSAGES_PER_REQUEST = {"kinesis": 500, "iotanalytics": 100}

ANSWER_MS = (2.0, 8.0)
"""How long a service thinks, between these."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One message as a destination holds it."""

    place: str
    payload: bytes
    arrived_ms: int


@dataclass(slots=True)
class Target:
    """One data stream or channel.

    Attributes:
        service: `kinesis` or `iotanalytics`.
    """

    service: str
    name: str
    messages: list[Stored] = field(default_factory=list)
    batches: int = 0

    def keep(self, payloads: list[bytes], now_ms: int) -> None:
        """Hold the messages of one request, in their order."""
        self.batches += 1
        for index, payload in enumerate(payloads):
            self.messages.append(Stored(self._place(index), payload, now_ms))

    def _place(self, index: int) -> str:
        if self.service == "kinesis":
            return f"{SHARD}/{len(self.messages):056d}"
        return f"channel/{self.name}/{self.batches:020d}.jsonl#{index}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a service says of a request.

    Attributes:
        status: of HTTP.
        error: what it refuses, and why.
        rejected: places of the messages that a success did not keep.
    """

    status: int = 200
    error: str = ""
    rejected: tuple[int, ...] = ()


class SimulatedCloud:
    """All destinations.

    Args:
        wall_ms: epoch milliseconds now.

    Attributes:
        targets: by service and name; those that functions export to are made by who stands the site up.
    """

    def __init__(self, world: World, wall_ms: Callable[[], int]) -> None:
        self.targets: dict[tuple[str, str], Target] = {}
        self._world = world
        self._dice = world.dice("cloud")
        self._wall_ms = wall_ms
        self._pauses: set[object] = set()
        self._waiting: list[Callable[[], None]] = []

    def provide(self, service: str, name: str) -> None:
        """Have a destination."""
        self.targets.setdefault((service, name), Target(service, name))

    def take(self, service: str, put: Put, answered: Callable[[Answer], None]) -> None:
        """A request has arrived; `answered` is told what became of it."""
        least, most = ANSWER_MS
        thinking_ms = least + self._dice.random() * (most - least)
        self._world.after(thinking_ms, lambda: self._think(service, put, answered))

    def _think(self, service: str, put: Put, answered: Callable[[Answer], None]) -> None:
        if self._pauses:
            self._waiting.append(lambda: self._think(service, put, answered))
        else:
            answered(self._put(service, put))

    def _put(self, service: str, put: Put) -> Answer:
        target = self.targets.get((service, put.target))
        if target is None:
            return Answer(status=400, error=f"ResourceNotFoundException: there is no {put.target}")
        if len(put.payloads) > MESSAGES_PER_REQUEST[service]:
            return Answer(status=400, error="ValidationException: too many messages in one request")
        target.keep(put.payloads, self._wall_ms())
        return Answer()

    # -- faults --------------------------------------------------------------------------------

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Have it stand still; leaving the block lets it go on with what came meanwhile."""
        lease = object()
        self._pauses.add(lease)
        try:
            yield
        finally:
            self._pauses.discard(lease)
            self._go_on()

    def _go_on(self) -> None:
        waiting, self._waiting = self._waiting, []
        for think in waiting:
            think()

    def unclean(self) -> list[str]:
        """What is done to it now."""
        return ["cloud: disturbed"] if self._pauses else []

    def heal_all(self) -> None:
        """Let it go on; the guards that come later find nothing to heal."""
        self._pauses.clear()
        self._go_on()

    def read_back(self, destinations: list[Destination], record: Testimony) -> None:
        """Write down what destinations hold, as the cloud reader of the real editions does."""
        for destination in destinations:
            held = self.targets.get((destination.service, destination.target))
            messages = held.messages if held else []
            for index, each in enumerate(messages):
                record.write(
                    "record",
                    "note",
                    service=destination.service,
                    target=destination.target,
                    place=each.place,
                    index=index,
                    **describe(each.payload),
                    arrived_ms=each.arrived_ms,
                )
            record.write(
                "pass",
                "ok",
                id=f"{destination.service}/{destination.target}",
                service=destination.service,
                target=destination.target,
                records=len(messages),
                passes=2,
                agreed=True,
                vanished=0,
            )
