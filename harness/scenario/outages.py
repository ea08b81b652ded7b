"""Series of outages that the seed spreads."""

from enum import StrEnum

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from harness.fault.service import ALL_SERVICES
from harness.scenario.events import AnyEvent
from harness.scenario.part import Part
from harness.scenario.quantities import Duration, DurationSpan
from harness.scenario.services import Services


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
