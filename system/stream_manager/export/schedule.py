"""Which exporter sends next.

Strict priority among the exporters that are ready: as long as a more urgent one has something due, a less urgent one
waits. Among equals goes first who sent longest ago. A batch under way is never interrupted.
"""

from collections.abc import Iterable

from system.stream_manager.export.exporter import Exporter

Key = tuple[str, str]


class Schedule:
    """When each exporter is due: kept per exporter, so that an append asks those of its own stream alone."""

    def __init__(self) -> None:
        self._due_at_ms: dict[Key, int] = {}
        self._exporters: dict[Key, Exporter] = {}

    def review(self, exporter: Exporter, now_ms: int, wall_ms: int) -> None:
        """Ask an exporter again when it is due: after anything that may have changed it."""
        due_at_ms = exporter.due_at_ms(now_ms, wall_ms)
        if due_at_ms is None:
            self.forget(exporter.key)
        else:
            self._due_at_ms[exporter.key] = due_at_ms
            self._exporters[exporter.key] = exporter

    def forget(self, key: Key) -> None:
        """It is not due, or is no more."""
        self._due_at_ms.pop(key, None)
        self._exporters.pop(key, None)

    def next_at_ms(self) -> int | None:
        """When the first of them is due."""
        return min(self._due_at_ms.values(), default=None)

    def next_ready(self, now_ms: int) -> Exporter | None:
        """The one that has to send now, if any is ready."""
        ready = [key for key, due_at_ms in self._due_at_ms.items() if due_at_ms <= now_ms]
        return self.choose(self._exporters[key] for key in ready) if ready else None

    def choose(self, ready: Iterable[Exporter]) -> Exporter:
        """The first of those that are ready; there is at least one."""
        return min(ready, key=lambda each: (each.config.urgency, each.sent_order))
