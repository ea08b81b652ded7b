"""The cloud of the simulated site: data streams and channels that hold messages, and how long they take to say so."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from harness.environments.leases import in_force
from harness.environments.protocol import Destination
from harness.environments.simulated.machine import WallClock
from harness.environments.simulated.targets import Answer, Refusals, Target
from harness.environments.simulated.world import World
from harness.fault.clock_jump import DATES_MAY_DIFFER_MS
from harness.fault.cloud_pause import CloudPause
from harness.fault.cloud_slow import CloudSlow
from harness.fault.registry import CloudFault
from harness.taps.payload import describe
from harness.taps.puts import Put
from harness.taps.record import Testimony

MESSAGES_PER_REQUEST = {"kinesis": 500, "iotanalytics": 100}

ANSWER_MS = (2.0, 8.0)
"""How long a service thinks, between these."""


class SimulatedCloud:
    """All destinations.

    Args:
        clock: of the edge: what it dates is refused when that is wrong.

    Attributes:
        faults: those in force, by their lease.
        targets: by service and name; those that functions export to are made by who stands the site up.
    """

    def __init__(self, world: World, clock: WallClock) -> None:
        self.targets: dict[tuple[str, str], Target] = {}
        self.faults: dict[object, CloudFault] = {}
        self._world = world
        self._clock = clock
        self._dice = world.dice("cloud")
        self._refusals = Refusals(world)
        self._waiting: list[Callable[[], None]] = []

    def provide(self, service: str, name: str, shards: int = 1) -> None:
        """Have a destination."""
        dice = self._world.dice(f"shards of {name}")
        self.targets.setdefault((service, name), Target(service, name, shards, dice))

    def take(self, service: str, put: Put, answered: Callable[[Answer], None]) -> None:
        """A request has arrived; `answered` is told what became of it."""
        least, most = ANSWER_MS
        thinking_ms = least + self._dice.random() * (most - least)
        slow_ms = sum(each.latency_ms for each in self._on(service) if isinstance(each, CloudSlow))
        self._world.after(thinking_ms + slow_ms, lambda: self._think(service, put, answered))

    def _on(self, service: str) -> list[CloudFault]:
        return [each for each in self.faults.values() if service in each.services]

    def _think(self, service: str, put: Put, answered: Callable[[Answer], None]) -> None:
        if any(isinstance(each, CloudPause) for each in self.faults.values()):
            self._waiting.append(lambda: self._think(service, put, answered))
        else:
            answered(self._put(service, put))

    def _put(self, service: str, put: Put) -> Answer:
        target = self.targets.get((service, put.target))
        refused = self._refused_outright(service, target, put)
        if refused is not None:
            return refused
        assert target is not None, "there is one"
        return self._refusals.keep(target, put.payloads, self._clock.true_ms(), self._on(service))

    def _refused_outright(self, service: str, target: Target | None, put: Put) -> Answer | None:
        if abs(self._clock.wrong_by_ms) > DATES_MAY_DIFFER_MS:
            return Answer(status=403, error="InvalidSignatureException: Signature expired")
        if target is None:
            return Answer(status=400, error=f"ResourceNotFoundException: there is no {put.target}")
        if len(put.payloads) > MESSAGES_PER_REQUEST[service]:
            return Answer(status=400, error="ValidationException: too many messages in one request")
        return None

    # -- faults --------------------------------------------------------------------------------

    @contextmanager
    def disturbed(self, fault: CloudFault) -> Iterator[None]:
        """Have a fault; leaving the block heals, and lets it go on with what came while it stood still."""
        try:
            with in_force(self.faults, fault):
                yield
        finally:
            self._go_on()

    def _go_on(self) -> None:
        waiting, self._waiting = self._waiting, []
        for think in waiting:
            think()

    def unclean(self) -> list[str]:
        """What is done to it now."""
        return [f"cloud: {each.summary}" for each in self.faults.values()]

    def heal_all(self) -> None:
        """Heal all of it; the guards that come later find nothing to heal."""
        self.faults.clear()
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
