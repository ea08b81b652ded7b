"""What a checker says."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from harness.history.history import History
from harness.plan.model import Plan


class Ruling(StrEnum):
    """The three values of a verdict."""

    VALID = "valid"
    INVALID = "invalid"
    UNKNOWN = "unknown"


EXAMPLES_MAX = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The verdict of one checker.

    Attributes:
        name: of the checker.
        reason: one sentence for a person.
        examples: the worst ones, a sentence each; at most EXAMPLES_MAX.
        figures: what was counted or measured on the way.
    """

    name: str
    verdict: Ruling
    reason: str
    examples: tuple[str, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionResult:
    """Whether something that must have happened did.

    Attributes:
        name: of the condition, with what tells it from others of its kind.
        evidence: one sentence: what was seen.
    """

    name: str
    met: bool
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What all checkers together say of a run.

    Attributes:
        streams: for each `stream/exporter` how many messages ended in which class.
        reason: why the verdict is what it is, a sentence.
    """

    verdict: Ruling
    reason: str
    checkers: tuple[Verdict, ...]
    conditions: tuple[ConditionResult, ...]
    streams: Mapping[str, Mapping[str, int]]

    def to_json(self) -> dict[str, Any]:
        """`verdict`, `reason`, `checkers`, `conditions` and `streams`, as `report.json` has them."""
        plain = asdict(self)
        return {
            key: list(value) if isinstance(value, tuple) else value for key, value in plain.items()
        }


class Checker(Protocol):
    """A judge of one property."""

    name: ClassVar[str]

    def check(self, history: History, plan: Plan) -> Verdict:
        """The verdict on a run."""


def ruled(
    name: str,
    ruling: Ruling,
    reason: str,
    figures: Mapping[str, Any],
    examples: Sequence[str] = (),
) -> Verdict:
    """The verdict of the checker `name`, with as many of its examples, the worst first, as a reader takes in."""
    return Verdict(
        name=name,
        verdict=ruling,
        reason=reason,
        examples=tuple(examples[:EXAMPLES_MAX]),
        figures=figures,
    )
