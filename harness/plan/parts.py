"""What a plan is made of.

Times are milliseconds from the moment at which the first reading (ordinal 0) is due, unless a name says otherwise.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from harness.fault.registry import Fault
from harness.load.schedule import LoadUser
from harness.load.shape import Shape
from harness.scenario.events import Event
from harness.scenario.site_file import SiteFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Locust:
    """Locust makes the readings, in the place of the site's own sensor source.

    Attributes:
        user: what kind of user carries them.
        users: how many of them; 0 leaves it to the load.
        shape: how the rate goes over time.
    """

    user: LoadUser
    users: int
    shape: Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What the sensors do.

    Attributes:
        sensors: their names; none where somebody else's functions make the data.
        rate_hz: readings per second of each; with locust the rate that its shape varies.
        reading_bytes: readings are padded to this size; 0 for none.
        warm_up_ms: nothing is disturbed until then.
        run_for_ms: every disturbance is healed by then; the source runs on until the backlog has arrived.
        locust: who makes the readings; None: the site's own sensor source.
    """

    sensors: tuple[str, ...]
    rate_hz: float
    reading_bytes: int
    warm_up_ms: int
    run_for_ms: int
    locust: Locust | None = None

    @property
    def shape(self) -> Shape:
        """How the rate goes over time: the site's own source keeps it."""
        return self.locust.shape if self.locust else Shape()

    @property
    def readings_per_sensor(self) -> int:
        """How many readings of each sensor are due before `run_for_ms` is over."""
        return self.shape.readings_before(self.run_for_ms, self.rate_hz)

    @property
    def expected_readings(self) -> int:
        """How many readings of all sensors are due before `run_for_ms` is over."""
        return len(self.sensors) * self.readings_per_sensor

    def intended_ms(self, ordinal: int) -> float:
        """When reading `ordinal` of each sensor is due."""
        return self.shape.due_ms(ordinal, self.rate_hz)

    @property
    def highest_hz(self) -> float:
        """The highest rate of each sensor."""
        return self.shape.highest_hz(self.rate_hz)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Ports of the functions' own pages; 0 takes a free one."""

    sensor_api: int
    aggregate_api: int
    dashboard: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Settings of the site, as its stack takes them; the workload is in the sensor source's variables already.

    Attributes:
        kinesis_streams: Kinesis data streams besides `AggregateData`.
        latency_ms: round trip held on every link.
        application: what runs on the site in the place of our functions, whose settings are empty then.
        base: the folder that the paths of the application are relative to. Where it lies makes no other plan.
    """

    sensor_source: Mapping[str, str]
    stream_producer: Mapping[str, str]
    stream_aggregator: Mapping[str, str]
    stream_manager: Mapping[str, str]
    kinesis_streams: tuple[str, ...]
    ports: Ports
    latency_ms: int
    application: SiteFile | None = None
    base: str = ""

    @property
    def ports_asked(self) -> Mapping[str, int]:
        """The ports of functions and page by name, with the number that is asked for; 0: any."""
        return self.application.ports if self.application else asdict(self.ports)

    @property
    def backoff_ms_max(self) -> int:
        """The longest that an exporter waits after failures."""
        return int(self.stream_manager.get("STREAM_MANAGER_EXPORTER_MAX_BACKOFF_MS", "300000"))

    @property
    def exporter_threads(self) -> int:
        """How many batches may be under way at once."""
        return int(self.stream_manager.get("STREAM_MANAGER_EXPORTER_THREAD_POOL_SIZE", "5"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """An event that a moment waits for.

    Attributes:
        event: what has to be observed.
        armed_ms: when the waiting begins; what happened before does not count, what still is the case does.
        within_ms: how long it waits; after that it never fires and the run is unknown.
        delay_ms: time between the event and the action.
    """

    event: Event
    armed_ms: int
    within_ms: int
    delay_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One thing that is done.

    Attributes:
        id: `f1`, `f2`, ... in the order of the plan: the id of its lines in the history.
        name: what reports call it.
        step: where it comes from in the scenario: `steps[0]`, `outages[0][3]`.
        planned_ms: when; with a trigger, when the waiting for it begins.
        trigger: what it waits for, or None.
        fault: what is done.
        duration_ms: after which it is healed, or None for what is over at once.
    """

    id: str
    name: str
    step: str
    planned_ms: int
    trigger: Trigger | None
    fault: Fault
    duration_ms: int | None

    @property
    def latest_end_ms(self) -> int:
        """When it is over at the latest."""
        waits_ms = self.trigger.within_ms + self.trigger.delay_ms if self.trigger else 0
        return self.planned_ms + waits_ms + (self.duration_ms or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetUse:
    """Which preset a series took, for whoever reads the plan.

    Attributes:
        series: its place in the scenario, `outages[0]`.
        name: of the series.
        scale: how many times as fast time goes.
        description, sources: what the preset says of itself.
    """

    series: str
    name: str
    preset: str
    scale: int
    description: str
    sources: tuple[str, ...]
