"""What a step can wait for: something that the witnesses see while the run goes on."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from harness.fault.service import Service
from harness.scenario.part import Part

StreamName = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[A-Za-z0-9_ ,.\-]*$")]


class LinkWentDown(Part):
    """A fault on a link took effect."""

    event: Literal["link_down"]
    service: Service | None = Field(
        default=None, description="Whose link; any when it is not given."
    )


class LinkWentUp(Part):
    """A fault on a link was healed."""

    event: Literal["link_up"]
    service: Service | None = Field(
        default=None, description="Whose link; any when it is not given."
    )


class RequestInFlight(Part):
    """A request has left for the cloud and is not answered."""

    event: Literal["request_in_flight"]
    service: Service = Field(description="To which service.")


class BacklogAtLeast(Part):
    """So many acknowledged messages have not arrived."""

    event: Literal["backlog_at_least"]
    stream: StreamName = Field(description="Of this stream.")
    exporter: str | None = Field(
        default=None, description="For this exporter; for any when it is not given."
    )
    messages: int = Field(strict=True, ge=1, description="How many.")


class FirstDelivery(Part):
    """A message arrives, the first one after the step began to wait."""

    event: Literal["first_delivery"]
    stream: StreamName = Field(description="Of this stream.")
    exporter: str | None = Field(
        default=None, description="By this exporter; by any when it is not given."
    )


class SegmentEvicted(Part):
    """The stream has overwritten so many segments, counted from the beginning of the run."""

    event: Literal["segment_evicted"]
    stream: StreamName = Field(description="Which stream.")
    segments: int = Field(strict=True, default=1, ge=1, description="How many.")


Event: TypeAlias = (
    LinkWentDown | LinkWentUp | RequestInFlight | BacklogAtLeast | FirstDelivery | SegmentEvicted
)
EVENTS = (LinkWentDown, LinkWentUp, RequestInFlight, BacklogAtLeast, FirstDelivery, SegmentEvicted)

AnyEvent = Annotated[Event, Field(discriminator="event")]
