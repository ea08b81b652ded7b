"""Judges: which checkers give a verdict on a run, and their parameters. The checkers themselves are elsewhere."""

from typing import ClassVar, TypeAlias

from pydantic import Field

from harness.scenario.part import Choice, Part
from harness.scenario.quantities import Duration, Rate, Share


class LossJudge(Part):
    """Every acknowledged message is delivered or legally gone."""

    name: ClassVar[str] = "loss"


class DuplicationJudge(Part):
    """Every second copy is explained by a cut, a time-out or a restart."""

    name: ClassVar[str] = "duplication"


class OrderingJudge(Part):
    """First copies arrive in the order of their sequence numbers."""

    name: ClassVar[str] = "ordering"


class PriorityJudge(Part):
    """Urgent messages that wait go before less urgent ones. Needs an exporter pool of one."""

    name: ClassVar[str] = "priority"

    tolerance_ms: Duration = Field(
        default=20, alias="tolerance", description="Two times closer than this have no order."
    )
    batches_at_least: int = Field(
        strict=True,
        default=10,
        ge=1,
        description="Fewer less urgent batches that could be judged make the verdict unknown.",
    )
    read_timeout_ms: Duration = Field(
        default=15_000,
        alias="read_timeout",
        description="How long one request may lawfully hold up the first urgent batch after a heal.",
    )


class OverwriteJudge(Part):
    """What is missing was overwritten: whole segments, the oldest, while the stream was full."""

    name: ClassVar[str] = "overwrite"

    segments_at_least: int = Field(
        strict=True, default=2, ge=1, description="Fewer segments gone make the verdict unknown."
    )
    record_overhead_max: int = Field(
        strict=True,
        default=64,
        ge=0,
        description="Bytes per record besides its payload that a server may need, at most.",
    )


class ThroughputJudge(Part):
    """The source offers, the stream takes and the cloud gets every reading in time, by the plan's own clock."""

    name: ClassVar[str] = "throughput"

    offered_at_least: Share = Field(
        default=1.0, description="Of the planned readings, those that were published."
    )
    appended_at_least: Share = Field(
        default=1.0, description="Of the planned readings, those that were acknowledged."
    )
    delivered_at_least: Share = Field(
        default=1.0, description="Of the planned readings, those that arrived."
    )
    appended_p99_ms: Duration | None = Field(
        default=None,
        alias="appended_p99",
        description="99 of 100 readings are acknowledged within this, from their intended times. "
        "Not given: reported, not judged.",
    )


class AggregatesJudge(Part):
    """Every reading that was acknowledged is in exactly one aggregate, as soon as later ones are."""

    name: ClassVar[str] = "aggregates"

    aggregates_at_least: int = Field(
        strict=True, default=2, ge=1, description="Fewer aggregates make the verdict unknown."
    )


Judge: TypeAlias = (
    LossJudge
    | DuplicationJudge
    | OrderingJudge
    | PriorityJudge
    | OverwriteJudge
    | ThroughputJudge
    | AggregatesJudge
)


class JudgeChoice(Choice):
    """One judge: its name, with its parameters if they differ from the defaults."""

    loss: LossJudge | None = Field(default=None, description="Is anything acknowledged gone?")
    duplication: DuplicationJudge | None = Field(
        default=None, description="Are second copies explained?"
    )
    ordering: OrderingJudge | None = Field(
        default=None, description="Did first copies arrive in order?"
    )
    priority: PriorityJudge | None = Field(default=None, description="Did the urgent go first?")
    overwrite: OverwriteJudge | None = Field(
        default=None, description="Are exactly the oldest gone?"
    )
    throughput: ThroughputJudge | None = Field(
        default=None, description="Did everything go through in time?"
    )
    aggregates: AggregatesJudge | None = Field(
        default=None, description="Are aggregates made of every reading?"
    )


class Drain(Part):
    """After the last heal: how long what is owed may take to arrive.

    Unless `deadline` is given, it is computed when the heal is seen: the backlog at the assumed rate less the inflow,
    the maximum back-off, one read time-out of the exporter, and the grace.
    """

    deadline_ms: Duration | None = Field(
        default=None, alias="deadline", description="A fixed time, instead of the computed one."
    )
    assumed_rate_hz: Rate = Field(
        default=200.0,
        alias="assumed_rate",
        description="Messages that have to get through at the least.",
    )
    grace_ms: Duration = Field(
        default=30_000, alias="grace", description="What a busy machine may need besides."
    )

    def deadline_ms_for(self, *, backlog: int, inflow_hz: float, backoff_ms_max: int) -> int:
        """How long after the heal everything acknowledged before it has to have arrived.

        Args:
            backlog: messages that wait at the heal, of all exporters.
            inflow_hz: messages appended per second meanwhile, times the exporters that take them.
            backoff_ms_max: an exporter may have begun to wait this long just before the heal.
        """
        if self.deadline_ms is not None:
            return self.deadline_ms
        # A rate that does not exceed the inflow would never drain: then only the backlog itself counts.
        rate_hz = self.assumed_rate_hz - inflow_hz
        rate_hz = rate_hz if rate_hz > 0 else self.assumed_rate_hz
        return round(backlog / rate_hz * 1000) + backoff_ms_max + READ_TIMEOUT_MS + self.grace_ms


READ_TIMEOUT_MS = 15_000
"""How long an exporter waits for an answer: a request sent just before the heal may take it all."""


def judge_to_json(judge: Judge) -> dict[str, object]:
    """`{"priority": {"tolerance": "20ms", ...}}`."""
    return {judge.name: judge.to_json()}


def judge_from_json(plain: object) -> Judge:
    """The judge that `judge_to_json` described.

    Raises:
        ValueError: it is none.
    """
    return JudgeChoice.model_validate(plain).chosen  # type: ignore[return-value]
