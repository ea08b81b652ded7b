"""One run of a night as the index tells it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from harness.checkers.verdict import Ruling
from harness.nightly.library import Entry, Kind


class Outcome(StrEnum):
    """What came of a run: a verdict, or why there is none."""

    VALID = "valid"
    INVALID = "invalid"
    UNKNOWN = "unknown"
    UNAVAILABLE = "unavailable"
    """The environment could not be stood up."""
    REFUSED = "refused"
    """The scenario could not be loaded, or is not for this environment."""
    CRASHED = "crashed"
    HUNG = "hung"
    INTERRUPTED = "interrupted"
    NOT_RUN = "not run"
    """The night was over before its turn came."""


VERDICTS = (Outcome.VALID, Outcome.INVALID, Outcome.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One run of a night.

    Attributes:
        why_here: why it did not run in the edition that was to be expected; empty where it did.
        expected: what the outcome has to be.
        found_by: the checker that has to find it; empty for any.
        reason: why the outcome is what it is, a sentence.
        examples: the worst ones, a sentence each.
        checkers: what each said.
        plan: hash of the plan; empty where there is none.
        presets: the connectivity presets that it took.
        seconds: that the run took.
        folder: of the run, below that of the night; empty where it left none.
        report, page: the run's report, and the picture of its site's page, below the night; empty where there is none.
        figures: by name, None where not measured; see `harness.nightly.figures`.
        repeat: one command that repeats it.
    """

    name: str
    kind: Kind
    environment: str
    why_here: str = ""
    seed: int
    expected: Ruling
    found_by: str = ""
    outcome: Outcome
    reason: str = ""
    examples: Sequence[str] = ()
    checkers: Mapping[str, str] = field(default_factory=dict)
    plan: str = ""
    presets: Sequence[str] = ()
    seconds: float = 0.0
    folder: str = ""
    report: str = ""
    page: str = ""
    figures: Mapping[str, float | None] = field(default_factory=dict)
    repeat: str = ""

    @property
    def as_expected(self) -> bool:
        """Whether it came as it had to."""
        found = not self.found_by or self.checkers.get(self.found_by) == self.expected
        return str(self.outcome) == str(self.expected) and found

    @property
    def judged(self) -> bool:
        """Whether there is a verdict."""
        return self.outcome in VERDICTS

    def to_json(self) -> dict[str, Any]:
        """Its form in `index.json`."""
        plain = asdict(self)
        return {
            **plain,
            "examples": list(self.examples),
            "presets": list(self.presets),
            "as_expected": self.as_expected,
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "Row":
        """The row that `to_json` described.

        Raises:
            ValueError, KeyError, TypeError: it is none.
        """
        fields = {key: value for key, value in plain.items() if key in cls.__slots__}
        fields["kind"] = Kind(fields["kind"])
        fields["expected"] = Ruling(fields["expected"])
        fields["outcome"] = Outcome(fields["outcome"])
        return cls(**fields)


def waiting(entry: Entry, repeat: str) -> Row:
    """The row of an entry whose turn has not come yet."""
    return Row(
        name=entry.name,
        kind=entry.kind,
        environment=entry.where.environment,
        why_here=entry.where.why,
        seed=entry.seed,
        expected=entry.expected,
        found_by=entry.found_by,
        outcome=Outcome.NOT_RUN,
        reason="its turn did not come",
        repeat=repeat,
    )
