"""Series of outages that the seed spreads."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any

from pydantic import Field, PrivateAttr, model_validator
from pydantic_core import PydanticCustomError

from harness.fault.service import ALL_SERVICES
from harness.scenario.events import AnyEvent
from harness.scenario.part import Part
from harness.scenario.quantities import Bandwidth, Duration, DurationSpan, Scale
from harness.scenario.services import Services


class SpreadMode(StrEnum):
    """How the links of generated outages are down."""

    REFUSED = "refused"
    SILENT = "silent"
    HALF_OPEN = "half_open"
    EITHER = "either"


ANY = "any"
"""The name of whatever preset the seed draws."""

_OF_A_SERIES = ("count", "down", "up")
_ONLY_WITH_PRESET = ("scale", "latency", "bandwidth", "only_outages")


class Outages(Part):
    """A series of outages whose lengths the seed chooses: down, up, down, up, ...

    With `preset` their lengths are drawn as a kind of link has them, one after the other until the run is over, and
    links are as slow and as narrow as they are there. What is given here goes before what the preset says.
    """

    name: str | None = Field(
        default=None,
        description="What reports call them, and what the seed knows them by. Not given: `outages-1`, `outages-2`, ...",
        min_length=1,
        max_length=60,
        pattern=r"^[A-Za-z0-9_ .\-]*$",
    )
    preset: str | None = Field(
        default=None,
        pattern=r"^[a-z][a-z0-9_]*$",
        description="A [connectivity preset](presets.md) by its name, or `any` for the seed to choose one.",
    )
    scale: Scale | None = Field(
        default=None,
        description="With `preset`: time goes so much faster, `1/60` makes an hour a minute; latency and bandwidth "
        "stay. "
        "Not given: what the preset suggests.",
    )
    count: int | None = Field(
        default=None,
        strict=True,
        ge=1,
        le=1000,
        description="How many; required without `preset`, and with it how many at most.",
    )
    from_ms: Duration | None = Field(
        default=None,
        alias="from",
        description="When the first begins. Not given: at the end of the warm-up.",
    )
    down: DurationSpan | None = Field(
        default=None, description="How long each lasts; required without `preset`."
    )
    up: DurationSpan | None = Field(
        default=None, description="How long the link is up between two; required without `preset`."
    )
    cut: Services = Field(default=ALL_SERVICES, description="Which links go down.")
    mode: SpreadMode | None = Field(
        default=None,
        description="`refused` closes and refuses connections, `silent` lets nothing through, `half_open` does so and "
        "closes nothing when it is healed, `either` lets the seed choose for each between the first two. Not given: "
        "`refused`, or what the preset says.",
    )
    latency_ms: Duration | None = Field(
        default=None,
        alias="latency",
        description="With `preset`: added to every round trip, instead of what the preset says.",
    )
    bandwidth: Bandwidth | None = Field(
        default=None, description="With `preset`: instead of what the preset says."
    )
    only_outages: bool = Field(
        strict=True, default=False, description="With `preset`: links are neither slow nor narrow."
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

    _presets: tuple[Part, ...] = PrivateAttr(default=())

    @property
    def presets(self) -> tuple[Any, ...]:
        """What `preset` may be, as the loader has read it: one, or all where the seed chooses."""
        return self._presets

    def with_presets(self, presets: Sequence[Part]) -> "Outages":
        """The same series that knows its preset, or all that the seed may choose from."""
        series = self.model_copy()
        series._presets = tuple(presets)
        return series

    @model_validator(mode="after")
    def _sound(self) -> "Outages":
        wrong = next(self._wrong(), None)
        if wrong is not None:
            raise PydanticCustomError("outages", "{wrong}", {"wrong": wrong})
        return self

    def _wrong(self) -> Iterator[str]:
        given = {each.alias or name: name for name, each in type(self).model_fields.items()}
        stray = [key for key in _ONLY_WITH_PRESET if given[key] in self.model_fields_set]
        lacking = [key for key in _OF_A_SERIES if getattr(self, key) is None]
        if self.preset is None and lacking:
            yield f"`{'`, `'.join(lacking)}` is missing; add it, or name a `preset`"
        if self.preset is None and stray:
            yield f"`{'`, `'.join(stray)}` only goes with `preset`; remove it"
        if self.preset is not None and self.on is not None:
            yield "`on` does not go with `preset`; remove it"
        if self.on is None and self.within_ms is not None:
            yield "`within` only goes with `on`; remove it"
        if any(span is not None and not span.shortest_ms for span in (self.down, self.up)):
            yield "`down` and `up` have to last; write at least 1ms"
        if self.on is not None and self.up and self.waits_ms >= self.up.shortest_ms:
            yield (
                "`within` is not shorter than the shortest `up`, so that an outage could begin before the one "
                "before has ended; make it shorter"
            )

    @property
    def waits_ms(self) -> int:
        """How long each may wait for its event."""
        if self.on is None or self.up is None:
            return 0
        return self.up.shortest_ms // 2 if self.within_ms is None else self.within_ms

    def ends_ms_max(self, from_ms: int, run_for_ms: int) -> int:
        """When the last one is over at the latest, if the first begins at `from_ms`; a preset's end with the run."""
        if self.down is None or self.up is None or self.count is None or self.preset is not None:
            return run_for_ms
        cycle_ms = self.down.longest_ms + self.up.longest_ms
        return from_ms + self.count * cycle_ms - self.up.longest_ms + self.waits_ms
