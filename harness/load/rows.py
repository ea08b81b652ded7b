"""The rows of a load in locust's table: one for what was sent, one from the intended time.

The second has an entry for each scheduled reading that left or was dropped, and its times include what the reading
waited before it was sent: a stall shows in every reading that it held up, not in one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.load.answer import Answer, Outcome

INTENDED = " (from intended time)"
COLUMNS = {
    "SensorDevice": ("PUBLISH", "publish"),
    "StreamAppender": ("APPEND", "append"),
    "SensorApi": ("GET", "api"),
}
"""The first two columns of each kind of user's rows."""


class NotAcknowledged(Exception):
    """A reading that nobody said to have; the text says why."""


@dataclass(frozen=True, slots=True)
class Rows:
    """See the module.

    Attributes:
        user: what kind of user they are of.
        fire: locust's request event.
        sent_row: whether there is the row for what was sent.
    """

    user: str
    fire: Callable[..., Any]
    sent_row: bool = True

    def carried(self, due_s: float, answer: Answer, length: int) -> None:
        """A reading was sent, or could not be; times are those of the monotonic clock."""
        done = answer.outcome is Outcome.ACKNOWLEDGED
        error = None if done else NotAcknowledged(f"{answer.outcome}: {answer.error}")
        if self.sent_row:
            self._row("", answer.ended_s - answer.sent_s, length, error)
        self._row(INTENDED, answer.ended_s - due_s, length, error)

    def dropped(self, waited_s: float, reason: str) -> None:
        """A reading never left."""
        error = NotAcknowledged(f"dropped: {reason}")
        self._row(INTENDED, waited_s, 0, error)

    def _row(self, which: str, seconds: float, length: int, error: Exception | None) -> None:
        kind, name = COLUMNS[self.user]
        self.fire(
            request_type=kind,
            name=f"{name}{which}",
            response_time=max(0.0, seconds * 1000),
            response_length=length,
            exception=error,
        )
