"""Counting what became of a load's readings, and what is enough."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

ENOUGH = 0.999
"""The share of the scheduled readings that has to be acknowledged."""
LATE_S = 0.1
"""A reading sent later than this after it was due is late."""


@dataclass(slots=True)
class Tally:
    """What became of readings.

    Attributes:
        acknowledged: the other side has it.
        failed: it was sent, or could not be, and was given up.
        dropped: it never left the queue.
        late: of those that were sent, how many later than LATE_S.
    """

    acknowledged: int = 0
    failed: int = 0
    dropped: int = 0
    late: int = 0

    @property
    def handled(self) -> int:
        """All of which it is known what became."""
        return self.acknowledged + self.failed + self.dropped

    def add(self, other: "Tally") -> None:
        """Take in what somebody else counted."""
        for name, count in asdict(other).items():
            setattr(self, name, getattr(self, name) + count)

    def to_json(self) -> dict[str, int]:
        """As a message between processes."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, int]) -> "Tally":
        """The tally that `to_json` described."""
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of all that one kind of user had to send.

    Attributes:
        user: its name.
        noun: what it sends.
        scheduled: those that were due, whether anybody sent them or not.
    """

    user: str
    noun: str
    scheduled: int
    tally: Tally

    @property
    def share(self) -> float:
        """Acknowledged, of those that were scheduled."""
        return self.tally.acknowledged / self.scheduled if self.scheduled else 0.0

    @property
    def enough(self) -> bool:
        """Whether enough were acknowledged."""
        return self.tally.acknowledged >= ENOUGH * self.scheduled - 1e-6 and self.scheduled > 0

    def told(self) -> str:
        """In a sentence."""
        tally = self.tally
        unsent = self.scheduled - tally.handled
        lost = [
            f"{count} {what}"
            for count, what in (
                (tally.failed, "failed"),
                (tally.dropped, "dropped"),
                (unsent, "never sent"),
                (tally.late, f"sent more than {LATE_S * 1000:.0f} ms late"),
            )
            if count
        ]
        also = f"; {', '.join(lost)}" if lost else ""
        return (
            f"{self.user}: of {self.scheduled} {self.noun} scheduled {tally.acknowledged} were acknowledged "
            f"({self.share:.3%}{'' if self.enough else f', {ENOUGH:.1%} needed'}){also}."
        )
