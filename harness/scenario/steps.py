"""Steps: what is done to the site, at a planned time or on an observed event."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from math import ceil
from typing import Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from harness.fault.direction import Lost
from harness.fault.disk_operation import DiskOperation
from harness.fault.packet_loss import smallest_burst
from harness.scenario.events import AnyEvent
from harness.scenario.outages import Outages as Outages
from harness.scenario.outages import SpreadMode as SpreadMode
from harness.scenario.part import Part
from harness.scenario.quantities import Bandwidth, Duration, Rate, Share, Shift, Size
from harness.scenario.services import Services as Services
from harness.scenario.targets import TargetName

BURST_MAX = 1000

CLOUD = "cloud"
"""What `pause` calls the cloud."""


class CutMode(StrEnum):
    """How a link is down."""

    REFUSED = "refused"
    SILENT = "silent"
    HALF_OPEN = "half_open"
    ONE_WAY = "one_way"


LINK_ACTIONS = ("cut", "reset", "truncate", "slice", "slow", "throttle")
PACKET_ACTIONS = ("packet_loss", "packet_reorder", "shared_bandwidth")
CLOUD_ACTIONS = ("cloud_throttle", "cloud_partial_failure", "cloud_error", "cloud_slow")
SERVICE_ACTIONS = (*LINK_ACTIONS, *PACKET_ACTIONS, *CLOUD_ACTIONS)
PROCESS_ACTIONS = ("kill", "restart", "pause")
MACHINE_ACTIONS = ("power_cut", "disk_full", "slow_disk", "disk_errors", "clock_jump")
ACTIONS = (*SERVICE_ACTIONS, *PROCESS_ACTIONS, *MACHINE_ACTIONS, "noop")
_LASTING = (*SERVICE_ACTIONS, *MACHINE_ACTIONS, "pause")
# Which key belongs to which actions, and to no others.
_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "mode": ("cut",),
    "lost": ("cut", "reset"),
    "bytes": ("truncate",),
    "size": ("slice",),
    "gap": ("slice",),
    "latency": ("slow", "packet_reorder", "cloud_slow"),
    "bandwidth": ("throttle", "shared_bandwidth"),
    "share": ("packet_loss", "packet_reorder", "cloud_partial_failure", "cloud_error"),
    "burst": ("packet_loss",),
    "rate": ("cloud_throttle",),
}
# What an action cannot do without, and how that may look.
_NEEDED = {
    "truncate": (("bytes", "60B"),),
    "slice": (("size", "100B"), ("gap", "5ms")),
    "slow": (("latency", "300ms"),),
    "throttle": (("bandwidth", "10kB/s"),),
    "packet_loss": (("share", "2%"),),
    "packet_reorder": (("share", "5%"), ("latency", "50ms")),
    "shared_bandwidth": (("bandwidth", "10kB/s"),),
    "cloud_throttle": (("rate", "100/s"),),
    "cloud_partial_failure": (("share", "20%"),),
    "cloud_error": (("share", "20%"),),
    "cloud_slow": (("latency", "3s"),),
}
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
        description="With `cut`: `refused` closes and refuses connections; `silent` lets nothing through, and closes "
        "connections when it is healed; `half_open` lets nothing through and closes nothing; `one_way` is silent in "
        "one direction.",
    )
    lost: Lost = Field(
        default=Lost.REQUESTS,
        description="With `reset` and `mode: one_way`: whether requests do not arrive, or answers do not come back.",
    )
    reset: Services | None = Field(
        default=None,
        description="Action: connections of these links are reset as soon as they are used.",
    )
    truncate: Services | None = Field(
        default=None, description="Action: answers that come over these links break off."
    )
    answer_bytes: Size | None = Field(
        default=None,
        alias="bytes",
        description="With `truncate`: of answers, that come through on each connection before it is closed.",
    )
    slice: Services | None = Field(
        default=None, description="Action: bytes come over these links in small slices."
    )
    slice_bytes: Size | None = Field(
        default=None, alias="size", description="With `slice`: of the largest slice."
    )
    gap_ms: Duration | None = Field(
        default=None, alias="gap", description="With `slice`: time after each slice."
    )
    slow: Services | None = Field(default=None, description="Action: these links answer later.")
    latency_ms: Duration | None = Field(
        default=None,
        alias="latency",
        description="With `slow`: added to a round trip, half each way. With `packet_reorder`: by which packets are "
        "late. With `cloud_slow`: that an answer takes longer.",
    )
    throttle: Services | None = Field(default=None, description="Action: these links are narrow.")
    bandwidth: Bandwidth | None = Field(
        default=None,
        description="With `throttle`: bytes per second, each way and per connection. With `shared_bandwidth`: each "
        "way, of all these links together.",
    )
    packet_loss: Services | None = Field(
        default=None, description="Action: packets get lost on these links."
    )
    packet_reorder: Services | None = Field(
        default=None, description="Action: packets overtake each other on these links."
    )
    shared_bandwidth: Services | None = Field(
        default=None, description="Action: these links share a narrow way."
    )
    cloud_throttle: Services | None = Field(
        default=None, description="Action: these services refuse what is too much for them."
    )
    cloud_partial_failure: Services | None = Field(
        default=None,
        description="Action: these services refuse some messages of a request, and keep the others.",
    )
    cloud_error: Services | None = Field(
        default=None, description="Action: these services fail inside, with status 500."
    )
    cloud_slow: Services | None = Field(
        default=None, description="Action: these services answer later."
    )
    share: Share | None = Field(
        default=None,
        description="Of packets that are lost or late, of messages that are refused, of requests that fail.",
    )
    burst: float = Field(
        default=1.0,
        ge=1,
        le=BURST_MAX,
        description="With `packet_loss`: how many packets are lost in a row, in the mean. Above a share of 50% it "
        "has to be share / (1 - share) at least: 4 for 80%.",
    )
    rate_hz: Rate | None = Field(
        default=None,
        alias="rate",
        description="With `cloud_throttle`: messages that each data stream or channel takes.",
    )
    power_cut: Literal[True] | None = Field(
        default=None,
        description="Action: the machine of the edge is off; it boots when it is healed.",
    )
    disk_full: Literal[True] | None = Field(
        default=None, description="Action: nothing can be written to the disk of the edge."
    )
    slow_disk: Duration | None = Field(
        default=None, description="Action: each sync of the disk takes longer by this."
    )
    disk_errors: DiskOperation | None = Field(
        default=None, description="Action: each operation of this sort fails on the disk."
    )
    clock_jump: Shift | None = Field(
        default=None,
        description="Action: the wall clock of the edge is wrong by this, forward, or backward with a minus.",
    )
    kill: TargetName | None = Field(
        default=None, description="Action: this process is killed with SIGKILL."
    )
    restart: TargetName | None = Field(
        default=None, description="Action: this process is ended with SIGTERM and comes back."
    )
    pause: TargetName | None = Field(
        default=None,
        description="Action: this process stands still, or with `cloud` every process of the cloud.",
    )
    noop: Literal[True] | None = Field(
        default=None, description="Action: nothing is done, which is noted."
    )
    for_ms: Duration | None = Field(
        default=None,
        alias="for",
        description="With everything that lasts: until it is healed. Not with `kill`, `restart` and `noop`.",
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
            if action not in _PARAMETERS[key]:
                goes = "` and `".join(_PARAMETERS[key])
                yield f"`{key}` goes with `{goes}`, not with `{action}`; remove it"
        if (
            action == "cut"
            and "lost" in _given(self, ["lost"])
            and self.mode is not CutMode.ONE_WAY
        ):
            yield "`lost` goes with `mode: one_way`; remove it"
        for key, example in _NEEDED.get(action, ()):
            if not self.value_of(key):
                yield f"`{action}` needs `{key}`, such as {example}"
        if action == "slow_disk" and not self.slow_disk:
            yield "`slow_disk: 0s` is no slower; write a time such as 200ms"
        if action == "packet_loss" and self.share:
            yield from _wrong_burst(self.share, self.burst)
        if action in _LASTING and not self.for_ms:
            yield f"`{action}` needs `for`, such as 30s: every fault is healed"
        if action not in _LASTING and self.for_ms is not None:
            yield f"`for` does not go with `{action}`, which is over at once; remove it"

    def value_of(self, key: str) -> object:
        """The value of a key, as the file calls it."""
        fields = type(self).model_fields.items()
        return getattr(self, next(name for name, field in fields if (field.alias or name) == key))

    @property
    def services(self) -> Services:
        """The services that it is about; none where it is about the edge."""
        given = (getattr(self, action) for action in SERVICE_ACTIONS)
        return next((services for services in given if services is not None), ())

    @property
    def target(self) -> str | None:
        """The process that it is about; None where it is about something else."""
        named = self.kill or self.restart or self.pause
        return None if self.pause == CLOUD else named

    @property
    def action(self) -> str:
        """Its one action."""
        return next(key for key in ACTIONS if getattr(self, key) is not None)


def _wrong_burst(share: float, burst: float) -> Iterable[str]:
    least = ceil(round(smallest_burst(share) * 100, 6)) / 100
    if least > BURST_MAX:
        yield f"`share` is nearly all of it; write 99.9% with `burst: {BURST_MAX}`, or `share: 100%`"
    elif burst < least:
        yield f"to lose so large a share, `burst` has to be {least:g} at least: between two a packet gets through"


def _quoted(keys: Iterable[str]) -> str:
    return ", ".join(f"`{key}`" for key in keys)
