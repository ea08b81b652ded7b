"""The heartbeat of a run: while it misses beats, the machine may have stood still, and times prove little."""

import threading
from collections.abc import Callable

from harness.run.notes import Notes

BEAT_S = 0.05
STALL_MS = 250.0


class Heartbeat:
    """Writes a `stall` line for each gap between two beats that is too long.

    It does nothing else, so that a gap is never the time that work took.

    Args:
        now_ms: milliseconds since the origin.
        notes: where stalls are written down.
        stall_ms: a longer gap is one.
    """

    def __init__(
        self, now_ms: Callable[[], float], notes: Notes, *, stall_ms: float = STALL_MS
    ) -> None:
        self._now_ms = now_ms
        self._notes = notes
        self._stall_ms = stall_ms
        self._last_ms = now_ms()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> "Heartbeat":
        self._last_ms = self._now_ms()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self.beat()

    def _run(self) -> None:
        while not self._ended.wait(BEAT_S):
            self.beat()

    def beat(self) -> None:
        """One beat, now."""
        now_ms = self._now_ms()
        if now_ms - self._last_ms > self._stall_ms:
            self._notes.note("stall", from_ms=round(self._last_ms, 3), to_ms=round(now_ms, 3))
        self._last_ms = now_ms
