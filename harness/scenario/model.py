"""A scenario, as a value. What each field means stands beside it; the reference is generated from here.

Attributes carry their unit (`run_for_ms`), keys in the file do not (`run_for: 90s`): there the value has it.
"""

from enum import StrEnum
from typing import Any

from pydantic import Field, PrivateAttr, field_validator

from harness.load.schedule import LoadUser
from harness.load.shape import Shape, ShapeName
from harness.scenario.conditions import Condition, ConditionChoice
from harness.scenario.judges import Drain, Judge, JudgeChoice
from harness.scenario.part import Part
from harness.scenario.quantities import Duration, Rate, Size
from harness.scenario.site_file import FunctionName, LoadedSite
from harness.scenario.steps import Outages, Step
from harness.scenario.variables import Port, Variables

NAME_PATTERN = r"^[a-z][a-z0-9_]{0,59}$"


class EnvironmentName(StrEnum):
    """The editions of the world."""

    LOCAL = "local"
    CONTAINERS = "containers"
    SIMULATED = "simulated"


class Locust(Part):
    """Locust users make the readings, in the place of the site's own sensor source."""

    user: LoadUser = Field(
        description="`StreamAppender` appends with the stock SDK to `LoadStream`, which is exported to the Kinesis "
        "data stream `LoadData`; `SensorDevice` publishes to `sensor_data` over MQTT."
    )
    users: int = Field(
        strict=True,
        default=0,
        ge=0,
        le=200,
        description="How many carry readings side by side; 0: one for 50 readings per second.",
    )
    rate_hz: Rate = Field(
        default=20.0,
        alias="rate",
        description="Readings per second of each sensor, which the shape varies.",
    )
    shape: ShapeName = Field(
        default=ShapeName.STEADY,
        description="`steady`; `ramp` rises from nothing to the rate; `burst` is several times the rate at the end of "
        "each period; `duty` is the rate at the beginning of each period and nothing in the rest.",
    )
    over_ms: Duration | None = Field(
        default=None, alias="over", description="How long a ramp rises; by default all of the run."
    )
    every_ms: Duration = Field(
        default=30_000, alias="every", description="The period of bursts and duty cycles."
    )
    lasting_ms: Duration = Field(
        default=5_000,
        alias="lasting",
        description="How long a burst lasts, or how long a duty cycle is on.",
    )
    times: int = Field(
        strict=True, default=5, ge=2, le=1000, description="How many times the rate a burst has."
    )

    def shape_in(self, run_for_ms: int) -> Shape:
        """The shape in a run of this length."""
        return Shape(
            name=self.shape,
            over_ms=run_for_ms if self.over_ms is None else self.over_ms,
            every_ms=self.every_ms,
            lasting_ms=self.lasting_ms,
            times=self.times,
        )


class Workload(Part):
    """What the sensors do. Reading k of each sensor is due k / rate after the first, whatever happens."""

    sensors: int = Field(
        strict=True,
        default=1,
        ge=1,
        le=1000,
        description="How many, each with readings of its own.",
    )
    rate_hz: Rate = Field(
        default=20.0, alias="rate", description="Readings per second of each sensor."
    )
    reading_bytes: Size = Field(
        default=0,
        alias="reading_size",
        description="Readings are padded to this size; smaller ones are not padded.",
    )
    warm_up_ms: Duration = Field(
        default=10_000,
        alias="warm_up",
        description="From the first reading on: nothing is disturbed, and readings have to arrive.",
    )
    run_for_ms: Duration = Field(
        alias="run_for",
        description="From the first reading, warm-up included: every disturbance is healed by then. The source runs "
        "on after that, until everything acknowledged before the last heal has arrived.",
    )
    locust: Locust | None = Field(
        default=None,
        description="A load makes the readings from outside, instead of the site's own sensor source.",
    )

    @property
    def made_hz(self) -> float:
        """Readings per second of each sensor, whoever makes them."""
        return self.locust.rate_hz if self.locust else self.rate_hz

    @property
    def readings(self) -> int:
        """How many readings are due before `run_for` is over."""
        shape = self.locust.shape_in(self.run_for_ms) if self.locust else Shape()
        return self.sensors * shape.readings_before(self.run_for_ms, self.made_hz)


class Ports(Part):
    """Ports of the functions' own pages; 0 takes a free one."""

    sensor_api: Port = Field(default=0, description="HTTP API of the sensor source.")
    aggregate_api: Port = Field(default=0, description="HTTP API of the aggregator.")
    dashboard: Port = Field(default=0, description="The page.")


class SiteSettings(Part):
    """What differs from the site as the stack provides it: variables of the functions' environments.

    With `file` the site is one of your own: then only `functions` and `stream_manager` go with it.
    """

    file: str | None = Field(
        default=None,
        min_length=1,
        description="A [site file](site.md), relative to this one: your own functions in the place of ours.",
    )
    functions: dict[FunctionName, Variables] = Field(
        default={},
        description="With `file`: for functions of it by name, variables over those that it gives.",
    )
    sensor_source: Variables = Field(default={}, description="Variables of the sensor source.")
    stream_producer: Variables = Field(default={}, description="Variables of the stream producer.")
    stream_aggregator: Variables = Field(
        default={}, description="Variables of the stream aggregator."
    )
    stream_manager: Variables = Field(default={}, description="Variables of the stream manager.")
    kinesis_streams: tuple[str, ...] = Field(
        default=(), description="Kinesis data streams to provide besides `AggregateData`."
    )
    ports: Ports = Field(default=Ports(), description="Ports that are asked for.")

    _own: LoadedSite | None = PrivateAttr(default=None)

    @property
    def own(self) -> LoadedSite | None:
        """What `file` refers to, as the loader has read it; None: the site is ours."""
        return self._own

    def with_own(self, own: LoadedSite) -> "SiteSettings":
        """The same settings that know the site file."""
        settings = self.model_copy()
        settings._own = own
        return settings

    @property
    def stream_manager_variables(self) -> Variables:
        """Those of the site file, and over them those of the scenario."""
        return {**(self.own.site.stream_manager if self.own else {}), **self.stream_manager}


class Link(Part):
    """The uplink while nothing disturbs it."""

    latency_ms: Duration = Field(
        default=0, alias="latency", description="Of a round trip, on every link, half each way."
    )


class Scenario(Part):
    """A scenario file."""

    scenario: str = Field(
        pattern=NAME_PATTERN, description="Its name; the file is called the same."
    )
    description: str = Field(min_length=1, description="What it proves, in a sentence or two.")
    environments: tuple[EnvironmentName, ...] = Field(
        (EnvironmentName.LOCAL,), min_length=1, description="Where it can run."
    )
    seed: int = Field(
        strict=True,
        default=1,
        ge=0,
        description="Decides what the scenario leaves open, unless another is given on the command line.",
    )
    workload: Workload = Field(description="What the sensors do, and for how long.")
    site: SiteSettings = Field(default=SiteSettings(), description="Settings of the site.")
    link: Link = Field(default=Link(), description="The uplink while nothing disturbs it.")
    steps: tuple[Step, ...] = Field(default=(), description="What is done to the site.")
    outages: tuple[Outages, ...] = Field(
        default=(), description="Series of outages that the seed spreads."
    )
    drain: Drain = Field(default=Drain(), description="How long what is owed may take to arrive.")
    condition_choices: tuple[ConditionChoice, ...] = Field(
        default=(),
        alias="conditions",
        description="What must have happened for the run to prove anything.",
    )
    judge_choices: tuple[JudgeChoice, ...] = Field(
        alias="judge", min_length=1, description="Which checkers give a verdict."
    )

    @field_validator("outages", mode="before")
    @classmethod
    def _one_series_is_a_list(cls, value: Any) -> Any:
        return [value] if isinstance(value, dict) else value

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What must have happened."""
        return tuple(choice.chosen for choice in self.condition_choices)  # type: ignore[misc]

    @property
    def judges(self) -> tuple[Judge, ...]:
        """Which checkers give a verdict, with their parameters."""
        return tuple(choice.chosen for choice in self.judge_choices)  # type: ignore[misc]
