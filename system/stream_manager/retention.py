"""When time to live has to be looked after."""

from collections.abc import Callable, Iterable

from system.clock import Clock
from system.stream_manager.stream import Stream

LOOK_EVERY_MS = 60_000
"""The wall clock may be set forward: nothing is kept for longer than this beyond its time."""


class Retention:
    """Expires messages of streams with a time to live; sleeps where there are none."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.due_at_ms: int | None = 0
        """Monotonic time of the next look; None: never."""

    def look_soon(self) -> None:
        """A definition is new or has changed."""
        self.due_at_ms = 0

    def expire(
        self, streams: Iterable[Stream], before: Callable[[Stream], None] = lambda stream: None
    ) -> list[str]:
        """Remove what is too old, if it is time to look.

        Args:
            before: called for each stream that something may be removed from.

        Returns:
            The names of the streams that lost messages.
        """
        now_ms = self._clock.monotonic_ms()
        if self.due_at_ms is None or now_ms < self.due_at_ms:
            return []
        mortal = [each for each in streams if each.definition.time_to_live_millis is not None]
        oldest_before = [each.oldest_sequence_number for each in mortal]
        for stream in mortal:
            before(stream)
            stream.expire()
        self.due_at_ms = now_ms + self._wait_ms(mortal) if mortal else None
        lost = zip(mortal, oldest_before, strict=True)
        return [stream.name for stream, oldest in lost if stream.oldest_sequence_number > oldest]

    def _wait_ms(self, streams: list[Stream]) -> int:
        wall_ms = self._clock.wall_ms()
        ends = [end for each in streams if (end := each.expires_at_ms()) is not None]
        first_ms = min(ends, default=wall_ms + LOOK_EVERY_MS) - wall_ms
        return max(1, min(first_ms, LOOK_EVERY_MS))
