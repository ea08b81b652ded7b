"""Invocations that wait for a worker, and what they come to."""

import asyncio
import json
import time
import uuid
from dataclasses import dataclass, field

HANDLED = "Handled"
UNHANDLED = "Unhandled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an invocation came to.

    Attributes:
        payload: result, or a JSON description of the error.
        error: empty; `Handled` (the function raised) or `Unhandled` (the core ended it).
    """

    payload: bytes
    error: str = ""


def unhandled(message: str) -> Outcome:
    """The outcome of an invocation that the core ended."""
    return Outcome(payload=json.dumps({"errorMessage": message}).encode(), error=UNHANDLED)


@dataclass(slots=True, kw_only=True)
class WorkItem:
    """An invocation.

    Attributes:
        client_context: base64 of JSON, as the caller sent it.
        outcome: set when somebody waits for it.
        queued: monotonic seconds.
    """

    payload: bytes
    client_context: str
    outcome: asyncio.Future[Outcome] | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    queued: float = field(default_factory=time.monotonic)

    def settle(self, outcome: Outcome) -> None:
        """Tell whoever waits."""
        if self.outcome is not None and not self.outcome.done():
            self.outcome.set_result(outcome)


class WorkBudget:
    """How many items may wait, all functions together (`runtime.maxWorkItemCount`)."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.waiting = 0

    def has_room(self) -> bool:
        """Whether one more may wait."""
        return self.waiting < self.limit

    def take(self) -> None:
        """One more waits."""
        assert self.has_room(), "ask first"
        self.waiting += 1

    def give_back(self) -> None:
        """One less waits."""
        assert self.waiting > 0, "each item is given back once"
        self.waiting -= 1
