"""Steps: what is done to the site, at a planned time or on an observed event; and outages that the seed spreads."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from harness.fault.service import ALL_SERVICES, Service
from harness.scenario.events import AnyEvent
from harness.scenario.part import Part
from harness.scenario.quantities import Bandwidth, Duration, DurationSpan
from harness.scenario.targets import TargetName


class CutMode(StrEnum):
    """How a link is down."""

    REFUSED = "refused"
    SILENT = "silent"


def _parse_services(value: object) -> tuple[Service, ...]:
    names = [value] if isinstance(value, str) else value
    if names == ["all"]:
        return ALL_SERVICES
    known = ", ".join(ALL_SERVICES)
    if not isinstance(names, list | tuple) or not names:
        raise ValueError(f"services are `all` or a list of names; known: {known}")
    wrong = [str(name) for name in names if name not in list(ALL_SERVICES)]
    if wrong:
        raise ValueError(f"no service is called {', '.join(wrong)}; write `all` or some of {known}")
    return tuple(service for service in ALL_SERVICES if service in names)


def _render_services(services: tuple[Service, ...]) -> str | list[str]:
    return "all" if services == ALL_SERVICES else [str(service) for service in services]


_NAMES: dict[str, Any] = {"enum": [str(service) for service in ALL_SERVICES]}
_SOME = {"type": "array", "items": _NAMES, "minItems": 1, "uniqueItems": True}

Services = Annotated[
    tuple[Service, ...],
    BeforeValidator(_parse_services),
    PlainSerializer(_render_services),
    WithJsonSchema({"anyOf": [{"const": "all"}, _NAMES, _SOME], "x-quantity": "services"}),
]
"""`all`, or the names of some."""

ACTIONS = ("cut", "slow", "throttle", "kill", "noop")
_LINK_ACTIONS = ("cut", "slow", "throttle")
# Which key belongs to which action, and to no other.
_PARAMETERS = {"mode": "cut", "latency": "slow", "bandwidth": "throttle"}
_ONLY_ON = ("from", "within", "delay")


def _given(part: Part, keys: Iterable[str]) -> list[str]:
    fields = {field.alias or name: name for name, field in type(part).model_fields.items()}
    return [key for key in keys if fields[key] in part.model_fields_set]


class Step(Part):
    """One thing that is done: exactly one of `at` and `on`, exactly one action."""

    name: str | None = Field(
        default=None,
        description="What reports call it.",
        min_length=1,
        max_length=60,
        pattern=r"^[A-Za-z0-9_ .\-]*$",
    )
    at_ms: Duration | None = Field(
        default=None,
        alias="at",
        description="When, counted from the moment the first reading is due.",
    )
    on: AnyEvent | None = Field(
        default=None, description="The event to wait for, instead of a time."
    )
    from_ms: Duration | None = Field(
        default=None,
        alias="from",
        description="With `on`: when the waiting begins. Not given: at the end of the warm-up.",
    )
    within_ms: Duration | None = Field(
        default=None,
        alias="within",
        description="With `on`: how long it waits at most; an event that never comes makes the run unknown. "
        "Not given: to the end of the run.",
    )
    delay_ms: Duration = Field(
        default=0, alias="delay", description="With `on`: time between the event and the action."
    )
    cut: Services | None = Field(default=None, description="Action: these links go down.")
    mode: CutMode = Field(
        default=CutMode.REFUSED,
        description="With `cut`: `refused` closes and refuses connections, `silent` lets nothing through.",
    )
    slow: Services | None = Field(default=None, description="Action: these links answer later.")
    latency_ms: Duration | None = Field(
        default=None,
        alias="latency",
        description="With `slow`: added to a round trip, half each way.",
    )
    throttle: Services | None = Field(default=None, description="Action: these links are narrow.")
    bandwidth: Bandwidth | None = Field(
        default=None, description="With `throttle`: bytes per second, each way and per connection."
    )
    kill: TargetName | None = Field(
        default=None, description="Action: this process is killed with SIGKILL."
    )
    noop: Literal[True] | None = Field(
        default=None, description="Action: nothing is done, which is noted."
    )
    for_ms: Duration | None = Field(
        default=None,
        alias="for",
        description="With `cut`, `slow` and `throttle`: until it is healed.",
    )

    @model_validator(mode="after")
    def _sound(self) -> "Step":
        wrong = list(self._wrong())
        if wrong:
            raise PydanticCustomError("step", "{wrong}", {"wrong": " | ".join(wrong)})
        return self

    def _wrong(self) -> Iterable[str]:
        given = [key for key in ACTIONS if getattr(self, key) is not None]
        if (self.at_ms is None) == (self.on is None):
            yield "a step happens at a time or on an event; give it one of `at` and `on`"
        if len(given) != 1:
            yield f"a step does one thing; give it one of {', '.join(ACTIONS)}"
        if self.on is None and (stray := _given(self, _ONLY_ON)):
            yield f"{_quoted(stray)} only goes with `on`; remove it"
        if len(given) == 1:
            yield from self._wrong_parameters(given[0])

    def _wrong_parameters(self, action: str) -> Iterable[str]:
        for key in _given(self, _PARAMETERS):
            if _PARAMETERS[key] != action:
                yield f"`{key}` goes with `{_PARAMETERS[key]}`, not with `{action}`; remove it"
        if action == "slow" and not self.latency_ms:
            yield "`slow` needs `latency`, such as 300ms"
        if action == "throttle" and self.bandwidth is None:
            yield "`throttle` needs `bandwidth`, such as 10kB/s"
        if action in _LINK_ACTIONS and not self.for_ms:
            yield f"`{action}` needs `for`, such as 30s: every fault is healed"
        if action not in _LINK_ACTIONS and self.for_ms is not None:
            yield f"`for` does not go with `{action}`, which is over at once; remove it"

    @property
    def action(self) -> str:
        """Its one action."""
        return next(key for key in ACTIONS if getattr(self, key) is not None)


def _quoted(keys: Iterable[str]) -> str:
    return ", ".join(f"`{key}`" for key in keys)


class SpreadMode(StrEnum):
    """How the links of generated outages are down."""

    REFUSED = "refused"
    SILENT = "silent"
    EITHER = "either"


class Outages(Part):
    """A series of outages whose lengths the seed chooses: down, up, down, up, ..."""

    name: str | None = Field(
        default=None,
        description="What reports call them, and what the seed knows them by. Not given: `outages-1`, `outages-2`, ...",
        min_length=1,
        max_length=60,
        pattern=r"^[A-Za-z0-9_ .\-]*$",
    )
    count: int = Field(strict=True, ge=1, le=1000, description="How many.")
    from_ms: Duration | None = Field(
        default=None,
        alias="from",
        description="When the first begins. Not given: at the end of the warm-up.",
    )
    down: DurationSpan = Field(description="How long each lasts.")
    up: DurationSpan = Field(description="How long the link is up between two.")
    cut: Services = Field(default=ALL_SERVICES, description="Which links go down.")
    mode: SpreadMode = Field(
        default=SpreadMode.REFUSED,
        description="`refused` closes and refuses connections, `silent` lets nothing through, "
        "`either` lets the seed choose for each.",
    )
    on: AnyEvent | None = Field(
        default=None, description="An event that each outage waits for when its time has come."
    )
    within_ms: Duration | None = Field(
        default=None,
        alias="within",
        description="With `on`: how long it waits at most; has to be shorter than the shortest `up`. "
        "Not given: half the shortest `up`.",
    )

    @model_validator(mode="after")
    def _sound(self) -> "Outages":
        if self.on is None and self.within_ms is not None:
            raise PydanticCustomError("outages", "`within` only goes with `on`; remove it")
        if not self.down.shortest_ms or not self.up.shortest_ms:
            raise PydanticCustomError("outages", "`down` and `up` have to last; write at least 1ms")
        if self.on is not None and self.waits_ms >= self.up.shortest_ms:
            raise PydanticCustomError(
                "outages",
                "`within` is not shorter than the shortest `up`, so that an outage could begin before the one "
                "before has ended; make it shorter",
            )
        return self

    @property
    def waits_ms(self) -> int:
        """How long each may wait for its event."""
        if self.on is None:
            return 0
        return self.up.shortest_ms // 2 if self.within_ms is None else self.within_ms

    def ends_ms_max(self, from_ms: int) -> int:
        """When the last one is over at the latest, if the first begins at `from_ms`."""
        cycle_ms = self.down.longest_ms + self.up.longest_ms
        return from_ms + self.count * cycle_ms - self.up.longest_ms + self.waits_ms
