"""What came of sending one reading once."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How it ended.

    Attributes:
        ACKNOWLEDGED: the other side said that it has it.
        REFUSED: the other side said that it does not take it.
        UNKNOWN: it was sent and nobody answered: the other side may have it.
        UNSENT: there was no connection, so that it was not sent.
    """

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    UNSENT = "unsent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """See the module. Times are those of CLOCK_MONOTONIC in seconds, one clock for all processes of a machine.

    Attributes:
        sent_s: when the sending began.
        ended_s: when it was clear how it ended.
        error: why it was not acknowledged, a clause.
    """

    outcome: Outcome
    sent_s: float
    ended_s: float
    error: str = ""

    def to_line(self) -> bytes:
        """As one line of JSON."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> "Answer":
        """The answer that `to_line` wrote."""
        fields = json.loads(line)
        return cls(**{**fields, "outcome": Outcome(fields["outcome"])})
