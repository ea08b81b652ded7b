"""The cloud of the simulated site: data streams and channels that hold messages, and how long they take to say so."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from harness.environments.protocol import Destination
from harness.taps.payload import describe
from harness.taps.puts import Put
from harness.taps.record import Record

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


@dataclass(frozen=True, slots=True)
class Refused:
    """What the service says when it keeps nothing.

    Attributes:
        status: of HTTP.
    """

    status: int
    error: str


class SimulatedCloud:
    """All destinations.

    Args:
        dice: decide how long each request takes.
        wall_ms: epoch milliseconds now.

    Attributes:
        targets: by service and name; those that functions export to are made by who stands the site up.
        paused: whether it answers nothing now.
    """

    def __init__(self, dice: Random, wall_ms: Callable[[], int]) -> None:
        self.targets: dict[tuple[str, str], Target] = {}
        self._dice = dice
        self._wall_ms = wall_ms

    def provide(self, service: str, name: str) -> None:
        """Have a destination."""
        self.targets.setdefault((service, name), Target(service, name))

    def thinking_ms(self) -> float:
        """How long the next request takes inside."""
        least, most = ANSWER_MS
        return least + self._dice.random() * (most - least)

    def put(self, service: str, put: Put) -> Refused | None:
        """Keep the messages of a request, all or none."""
        target = self.targets.get((service, put.target))
        if target is None:
            return Refused(400, f"ResourceNotFoundException: there is no {put.target}")
        if len(put.payloads) > MESSAGES_PER_REQUEST[service]:
            return Refused(400, "ValidationException: too many messages in one request")
        target.keep(put.payloads, self._wall_ms())
        return None

    def read_back(self, destinations: list[Destination], record: Record) -> None:
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
