"""One request to the cloud, and the lines that tell of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.taps.puts import (
    ERROR_CHARACTERS_MAX,
    Doubtful,
    Put,
    error_of,
    plain,
    refused_for_good,
    refuses_for_good,
    rejected,
)
from harness.taps.record import Testimony


@dataclass(slots=True, kw_only=True, eq=False)
class Exchange:
    """One request and what has been written down of it.

    Attributes:
        put: what it asks to keep, if that is what it does.
        settled: whether its end is written down.
    """

    record: Testimony
    id: str
    service: str
    operation: str
    put: Put | None = None
    settled: bool = False

    def begin(self, **fields: Any) -> None:
        """The request has arrived."""
        self._write("invoked", service=self.service, operation=self.operation, **fields)

    def settle(self, type: str, **fields: Any) -> None:
        """Its end is known; only the first one told counts."""
        if not self.settled:
            self.settled = True
            self._write(type, **fields)

    def judge(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Settle a put by the cloud's answer to it."""
        assert self.put is not None
        content_type, body = headers.get("Content-Type", ""), plain(headers, body)
        if status >= 500:
            # A cloud that failed inside may have kept the messages before it did.
            reason = error_of(headers, content_type, body)
            self.settle("unknown", status=status, reason=reason)
        elif status >= 300:
            error = error_of(headers, content_type, body)
            final = [0] if refuses_for_good(self.put, error) else []
            self.settle("failed", status=status, error=error, **_final(final))
        else:
            try:
                places = rejected(self.put, content_type, body)
                final = refused_for_good(self.put, content_type, body)
                self.settle("ok", status=status, rejected=places, **_final(final))
            except Doubtful as doubt:
                self.settle("unknown", status=status, reason=str(doubt))

    def returned(self, answered: bool) -> None:
        """Whether the answer could be handed to the link."""
        if self.put is not None or not answered:
            self._write("note", answered=answered)

    def broken(self, error: Exception) -> None:
        """The cloud closed before its answer was complete."""
        if self.settled:
            self.returned(False)
        self.settle("unknown", reason=f"{type(error).__name__}: {error}"[:ERROR_CHARACTERS_MAX])

    def _write(self, type: str, **fields: Any) -> None:
        kind = "call" if self.put is None else "put"
        self.record.write(kind, type, id=self.id, **fields)


def _final(places: list[int]) -> dict[str, list[int]]:
    return {"final": places} if places else {}
