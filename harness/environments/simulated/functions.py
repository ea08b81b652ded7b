"""The site's functions in virtual time: their own code, loaded from the folders that are deployed elsewhere.

A function's code calls what it would call on a core: the SDK's client, a broker, `time`, `threading`. Those are
replaced, its logic is not.
"""

import logging
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import ModuleType, SimpleNamespace
from typing import Any

from harness.environments.simulated.client import Line, SimulatedClient
from harness.environments.simulated.code import load_code
from harness.environments.simulated.core import Core
from harness.environments.simulated.manager import SimulatedManager
from harness.environments.simulated.pauses import Pauses
from harness.environments.simulated.world import NS_IN_MS, Event, Mailbox, Task, World
from harness.taps.conversation import Conversation
from system.greengrass.supervision.backoff import Backoff, BackoffRule

RESTART = BackoffRule(first_s=0.5, cap_s=30.0, stable_s=30.0)
"""As the core of the real editions starts functions again."""

START_MS = 400.0
"""From the start of a process to its first own line."""

TOPIC_MS = 0.5
"""How long the core takes to hand a message on."""

LEAST_NS = 1_000
"""A shorter wait might end before its time has come: seconds since 1970 are no finer as a float."""

LATE_NS = 500
"""How much longer a timed wait lasts, so that who woke up need not wait once more for the rest of a float."""


class Time:
    """What a function finds under the name `time`.

    Between two looks at the clock a microsecond passes, as it does on any machine: code that looks until its time has
    come would look for ever.
    """

    def __init__(self, world: World, wall_ms: Callable[[], int]) -> None:
        self._world = world
        self._wall_ms = wall_ms
        self._looked_ns = 0

    def time(self) -> float:
        """Epoch seconds."""
        self._looked_ns = max(self._world.now_ns, self._looked_ns + LEAST_NS)
        ahead_ms = self._wall_ms() - self._world.now_ns // NS_IN_MS
        return ahead_ms / 1000 + self._looked_ns / 1e9

    def ahead_ns(self, seconds: float) -> int:
        """How far from now a moment is, so long after what was told last."""
        told_ns = max(self._world.now_ns, self._looked_ns)
        return told_ns - self._world.now_ns + max(LEAST_NS, round(seconds * 1e9) + LATE_NS)

    def monotonic(self) -> float:
        """Seconds since the origin."""
        return self._world.now_ns / 1e9

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self._world.wait(self._world.now_ns + self.ahead_ns(seconds))


class Condition:
    """What a function finds under the name `threading.Condition`; nothing else runs while it is held."""

    def __init__(self, world: World, time: Time) -> None:
        self._world = world
        self._time = time
        self._waiting: list[Mailbox] = []

    def __enter__(self) -> "Condition":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def wait(self, timeout: float | None = None) -> None:
        """Wait until somebody notifies."""
        mailbox = Mailbox(self._world)
        self._waiting.append(mailbox)
        milliseconds = None if timeout is None else self._time.ahead_ns(timeout) / NS_IN_MS
        with suppress(TimeoutError):
            mailbox.take(milliseconds)
        self._waiting.remove(mailbox)

    def notify_all(self) -> None:
        """Let everybody go on."""
        for mailbox in self._waiting:
            mailbox.put(None)


class Site:
    """What functions have around them.

    Args:
        environments: variables of each function.
        watch: makes the edge tap's watcher of a new connection.

    Attributes:
        time, true_time: what they take for the time, and what it is.
        core: hands messages on, and starts them again.
    """

    def __init__(
        self,
        world: World,
        manager: SimulatedManager,
        watch: Callable[[], Conversation],
        environments: Mapping[str, Mapping[str, str]],
    ) -> None:
        self.world = world
        self.manager = manager
        self.watch = watch
        clock = manager.machine.clock
        self.time, self.true_time = Time(world, clock.wall_ms), Time(world, clock.true_ms)
        self.environments = environments
        self.core = Core()
        self.log = logging.getLogger("simulated.functions")


class Process:
    """A function as a process: it begins, it is killed, it is started again.

    Args:
        changed: told when it begins or ends.

    Attributes:
        alive: whether it runs.
        pauses: that it stands still for.
        lives: how often it has begun.
    """

    name: str

    def __init__(self, site: Site, changed: Callable[[], None]) -> None:
        self.site = site
        self.world = site.world
        self.alive = False
        self.pauses = Pauses(self._go_on, self._stand_still)
        self.lives = 0
        self.began_ns = 0
        self._changed = changed
        self._task: Task | None = None
        self._starting: Event | None = None
        self._lines: list[Line] = []
        self._backoff = Backoff(RESTART)
        self._dismissed = False
        self.code = load_code(self.name, self.stand_ins())
        self.prepare()

    # -- what each function says ---------------------------------------------------------------

    def stand_ins(self) -> Mapping[str, ModuleType]:
        """Modules that its imports find."""
        return {}

    def prepare(self) -> None:
        """Replace what its code calls."""

    def body(self) -> None:
        """What it does."""

    # -- processes -----------------------------------------------------------------------------

    @property
    def environment(self) -> Mapping[str, str]:
        """Its variables."""
        return self.site.environments[self.name]

    def start(self) -> None:
        """Begin."""
        self.alive = True
        self.lives += 1
        self.began_ns = self.world.now_ns
        self._task = self.world.spawn(self.name, self._run)
        self._changed()

    def _run(self) -> None:
        self.world.wait(self.world.now_ns + START_MS * 1e6)
        try:
            self.body()
        except Exception as error:
            self.site.log.info("%s ended and is started again: %r", self.name, error)
        self._ended()
        self._start_again()

    def kill(self) -> None:
        """End it without warning; it is started again."""
        if self._task is not None:
            self._task.kill()
        self._ended()
        self._start_again()

    def _stand_still(self) -> None:
        assert self._task is not None, "it runs"
        self._task.pause()

    def _go_on(self) -> None:
        assert self._task is not None, "it runs"
        self._task.go_on()

    def _ended(self) -> None:
        self.alive = False
        self.pauses.forget()
        lines, self._lines = self._lines, []
        for line in lines:
            line.close()
        self._changed()

    def _start_again(self) -> None:
        lived_s = (self.world.now_ns - self.began_ns) / 1e9
        wait_s = self._backoff.failed_after(lived_s)
        start = self._start_unless_dismissed
        self._starting = self.world.after(wait_s * 1000, lambda: self.site.core.do(start))

    def _start_unless_dismissed(self) -> None:
        if not self._dismissed and not self.alive:
            self.start()

    def dismiss(self) -> None:
        """End it for good."""
        self._dismissed = True
        if self._starting is not None:
            self._starting.cancel()
        if self.alive and self._task is not None:
            self._task.kill()
            self._ended()

    def recall(self) -> None:
        """Let it begin again, after the core did."""
        assert not self.alive, f"{self.name} would run twice"
        self._dismissed = False
        self.start()

    def client(self, **options: Any) -> SimulatedClient:
        """A client of the stream manager, as the SDK's class makes it."""
        options.pop("port", None)
        return SimulatedClient(
            self.world, self.site.manager, self.site.watch, opened=self._lines.append, **options
        )


class SensorSource(Process):
    """Makes readings on schedule."""

    name = "sensor_source"

    def __init__(
        self, site: Site, changed: Callable[[], None], publish: Callable[[bytes], None]
    ) -> None:
        self._publish = publish
        self._kept: Any = None
        self.source: Any = None
        super().__init__(site, changed)

    def stand_ins(self) -> Mapping[str, ModuleType]:
        """It publishes through the core."""
        return {"greengrasssdk": ModuleType("greengrasssdk")}

    def prepare(self) -> None:
        """Virtual time, and a lock that nobody holds."""
        module = self.code["sensor_source"]
        # Its sensors have clocks of their own: a jump of the edge's would only make another load.
        time = self.site.true_time
        module.time = time
        module.threading = SimpleNamespace(Condition=lambda: Condition(self.world, time))

    def _schedule(self) -> Any:
        now = self.site.true_time.time()
        if self._kept is not None:
            return self._kept.resumed(now)
        rate_hz = float(self.environment.get("SENSOR_RATE_HZ", "20"))
        return self.code["schedule"].Schedule(rate_hz=rate_hz, started=now)

    def _keep(self, schedule: Any) -> None:
        self._kept = schedule

    def body(self) -> None:
        """Make readings until the process ends."""
        environment = self.environment
        seed = environment.get("SENSOR_SEED", "0")
        size = int(environment.get("SENSOR_READING_BYTES", "0"))
        reading = self.code["readings"].reading
        count = int(environment.get("SENSOR_COUNT", "1"))
        self.source = self.code["sensor_source"].Source(
            self._schedule(),
            sensors=[f"sensor-{number + 1}" for number in range(count)],
            publish=self._publish,
            make=lambda *what: reading(*what, seed=seed, size_bytes=size),
            remember=self._keep,
        )
        self._keep(self.source.schedule)
        self.source.run()


class StreamProducer(Process):
    """Appends what is published."""

    name = "stream_producer"

    def __init__(self, site: Site, changed: Callable[[], None]) -> None:
        self._queue: deque[bytes] = deque()
        self._hungry = Mailbox(site.world)
        super().__init__(site, changed)

    def prepare(self) -> None:
        """The client of the simulated site."""
        self.code["stream_producer"].StreamManagerClient = self.client

    def publish(self, payload: bytes) -> None:
        """A message of the topic."""
        self.world.after(TOPIC_MS, lambda: self.site.core.do(lambda: self._deliver(payload)))

    def _deliver(self, payload: bytes) -> None:
        self._queue.append(payload)
        self._hungry.put(None)

    def body(self) -> None:
        """Append one message after the other."""
        producer = self.code["stream_producer"].start(self.environment)
        while True:
            payload = self._next()
            try:
                producer.append(payload)
            except Exception as error:
                self.site.log.info("a message was given up: %r", error)

    def forget(self) -> None:
        """The core, which kept what was published, is gone."""
        self._queue.clear()

    def _next(self) -> bytes:
        while not self._queue:
            self._hungry.empty()
            self._hungry.take()
        return self._queue.popleft()


class StreamAggregator(Process):
    """Turns readings into aggregates."""

    name = "stream_aggregator"

    def __init__(self, site: Site, changed: Callable[[], None]) -> None:
        self.latest: Any = None
        super().__init__(site, changed)

    def prepare(self) -> None:
        """The client and the time of the simulated site."""
        streams = self.code["streams"]
        streams.StreamManagerClient = self.client
        streams.listening = lambda port: self.site.manager.listening
        streams.time = self.site.time

    def body(self) -> None:
        """Go on where an earlier life was."""
        module, environment = self.code["stream_aggregator"], self.environment
        self.latest = module.Latest()
        its_streams = self.code["streams"]
        streams = its_streams.Streams(
            source=environment.get("LOCAL_DATA_STREAM", "LocalDataStream"),
            target=environment.get("AGGREGATE_STREAM", "AggregateDataStream"),
            kinesis_stream=environment["KINESIS_DATA_STREAM"],
            flush_on_write=its_streams.flush_on_write(environment),
        )
        module.run(streams, self.latest)
