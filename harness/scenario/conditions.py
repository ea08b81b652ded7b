"""Conditions: what must have happened for a run to prove anything. One that is not met makes the run unknown.

These are values; whether they are met is found out from the history, by the checkers.
"""

from enum import StrEnum
from typing import ClassVar, TypeAlias

from pydantic import Field

from harness.fault.service import Service
from harness.scenario.events import StreamName
from harness.scenario.part import Choice, Part
from harness.scenario.quantities import Duration, Share
from harness.scenario.services import Services
from harness.scenario.steps import CutMode
from harness.scenario.targets import TargetName


class OutagesHappened(Part):
    """Outages that took effect: a request failed during each."""

    name: ClassVar[str] = "outages"

    at_least: int = Field(strict=True, default=1, ge=1, description="How many.")
    mode: CutMode | None = Field(default=None, description="Only those of this mode.")
    services: Services | None = Field(default=None, description="Only those that cut all of these.")
    lasting_ms: Duration | None = Field(
        default=None,
        alias="lasting",
        description="Only those that lasted at least so long, as observed.",
    )


class WaitingAtHeal(Part):
    """Acknowledged messages that had not arrived when the last link was healed."""

    name: ClassVar[str] = "waiting_at_heal"

    stream: StreamName = Field(description="Of this stream.")
    exporter: str | None = Field(
        default=None,
        description="For this exporter; for each of the stream's when it is not given.",
    )
    at_least: int = Field(strict=True, ge=1, description="How many.")


class SegmentsEvicted(Part):
    """Segments that the stream has overwritten while messages in them had not arrived yet."""

    name: ClassVar[str] = "segments_evicted"

    stream: StreamName = Field(description="Which stream.")
    at_least: int = Field(strict=True, ge=1, description="How many.")


class LessThanOneSegment(Part):
    """All that was appended fits into one segment, so that nothing can have been overwritten."""

    name: ClassVar[str] = "less_than_one_segment"

    stream: StreamName = Field(description="Which stream.")


class RequestsCutInFlight(Part):
    """Outages that began while a request was under way, which then failed."""

    name: ClassVar[str] = "requests_cut_in_flight"

    at_least: int = Field(strict=True, ge=1, description="How many outages.")
    service: Service | None = Field(default=None, description="Only requests to this service.")


class TimeDown(Part):
    """The part of the run during which links were down, as observed."""

    name: ClassVar[str] = "time_down"

    at_least: Share = Field(description="Of the time from the first intended reading to the last.")
    services: Services | None = Field(
        default=None,
        description="Only while all of these were down; any link when it is not given.",
    )


class UpWindows(Part):
    """Time between one outage and the next, so that exporters had a chance to get through."""

    name: ClassVar[str] = "up_windows"

    longer_than_ms: Duration = Field(
        alias="longer_than", description="Each; the maximum back-off is what has to fit."
    )


class ReadingsOffered(Part):
    """Readings that the source was to make and made."""

    name: ClassVar[str] = "readings_offered"

    at_least: int = Field(strict=True, ge=1, description="How many, of all sensors.")
    lasting_ms: Duration | None = Field(
        default=None,
        alias="lasting",
        description="Time from the first intended one to the last, at least.",
    )


class ProcessKilled(Part):
    """A process was killed and came back."""

    name: ClassVar[str] = "process_killed"

    target: TargetName = Field(description="Which process.")
    at_least: int = Field(strict=True, default=1, ge=1, description="How often.")
    during_outage: bool = Field(
        strict=True, default=False, description="Only while a link was down."
    )


class ProcessRestarted(Part):
    """A process was ended in order and came back."""

    name: ClassVar[str] = "process_restarted"

    target: TargetName = Field(description="Which process.")
    at_least: int = Field(strict=True, default=1, ge=1, description="How often.")
    during_outage: bool = Field(
        strict=True, default=False, description="Only while a link was down."
    )


class ProcessPaused(Part):
    """A process stood still and went on."""

    name: ClassVar[str] = "process_paused"

    target: TargetName = Field(description="Which process.")
    at_least: int = Field(strict=True, default=1, ge=1, description="How often.")
    lasting_ms: Duration | None = Field(
        default=None,
        alias="lasting",
        description="Only when it lasted at least so long, as observed.",
    )
    during_outage: bool = Field(
        strict=True, default=False, description="Only when it began while a link was down."
    )


class Disturbance(StrEnum):
    """The kinds of faults that are in force for a while, but for those that end or pause processes."""

    LINK_DOWN = "link_down"
    LINK_SILENT = "link_silent"
    HALF_OPEN = "half_open"
    ONE_WAY = "one_way"
    CONNECTION_RESET = "connection_reset"
    LIMIT_DATA = "limit_data"
    SLICER = "slicer"
    LATENCY = "latency"
    BANDWIDTH = "bandwidth"
    CLOUD_PAUSE = "cloud_pause"
    PACKET_LOSS = "packet_loss"
    PACKET_REORDER = "packet_reorder"
    SHARED_BANDWIDTH = "shared_bandwidth"
    CLOUD_THROTTLE = "cloud_throttle"
    CLOUD_PARTIAL_FAILURE = "cloud_partial_failure"
    CLOUD_ERROR = "cloud_error"
    CLOUD_SLOW = "cloud_slow"
    DISK_FULL = "disk_full"
    SLOW_DISK = "slow_disk"
    DISK_ERRORS = "disk_errors"
    CLOCK_JUMP = "clock_jump"


class Disturbed(Part):
    """Faults of one kind were in force while a request was under way, or an append where they are about the edge."""

    name: ClassVar[str] = "disturbed"

    fault: Disturbance = Field(description="Of which kind.")
    at_least: int = Field(strict=True, default=1, ge=1, description="How many faults.")
    service: Service | None = Field(default=None, description="Only requests to this service.")
    failures: int = Field(
        strict=True,
        default=0,
        ge=0,
        description="Requests or appends that failed then, of all these faults.",
    )


class HealedTogether(Part):
    """The links were down at once and were healed at once, at the last heal."""

    name: ClassVar[str] = "healed_together"

    services: Services = Field(description="Which links.")
    within_ms: Duration = Field(
        default=500, alias="within", description="Time between the first and the last of them."
    )


Condition: TypeAlias = (
    OutagesHappened
    | WaitingAtHeal
    | SegmentsEvicted
    | LessThanOneSegment
    | RequestsCutInFlight
    | TimeDown
    | UpWindows
    | ReadingsOffered
    | ProcessKilled
    | ProcessRestarted
    | ProcessPaused
    | Disturbed
    | HealedTogether
)


class ConditionChoice(Choice):
    """One condition: its name with its parameters."""

    outages: OutagesHappened | None = Field(default=None, description="Outages took effect.")
    waiting_at_heal: WaitingAtHeal | None = Field(
        default=None, description="A backlog waited at the last heal."
    )
    segments_evicted: SegmentsEvicted | None = Field(
        default=None, description="A full stream overwrote."
    )
    less_than_one_segment: LessThanOneSegment | None = Field(
        default=None, description="Nothing was overwritten."
    )
    requests_cut_in_flight: RequestsCutInFlight | None = Field(
        default=None, description="Outages hit requests on their way."
    )
    time_down: TimeDown | None = Field(
        default=None, description="Links were down for a part of the run."
    )
    up_windows: UpWindows | None = Field(
        default=None, description="Links were up for long enough between outages."
    )
    readings_offered: ReadingsOffered | None = Field(
        default=None, description="The source made its readings."
    )
    process_killed: ProcessKilled | None = Field(
        default=None, description="A process was killed and came back."
    )
    process_restarted: ProcessRestarted | None = Field(
        default=None, description="A process was ended in order and came back."
    )
    process_paused: ProcessPaused | None = Field(
        default=None, description="A process stood still and went on."
    )
    disturbed: Disturbed | None = Field(
        default=None, description="Faults of one kind met requests."
    )
    healed_together: HealedTogether | None = Field(
        default=None, description="Links were healed at once."
    )


def condition_to_json(condition: Condition) -> dict[str, object]:
    """`{"outages": {"at_least": 2, ...}}`."""
    return {condition.name: condition.to_json()}


def condition_from_json(plain: object) -> Condition:
    """The condition that `condition_to_json` described.

    Raises:
        ValueError: it is none.
    """
    return ConditionChoice.model_validate(plain).chosen  # type: ignore[return-value]
