"""Reads that wait for messages: long polls, and who of them is over."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

from system.stream_manager.session import Session
from system.wire.messages import ReadMessages

EARLY_MS_MAX = 250
_EARLY_SHARE = 20


def wait_ms(timeout_ms: int) -> int:
    """How long a read waits: a twentieth less than it may, at most 250 ms less.

    A client whose own time-out is the same would meet an answer that nobody waits for any more, and be dead for good.
    """
    return timeout_ms - min(timeout_ms // _EARLY_SHARE, EARLY_MS_MAX)


@dataclass(frozen=True, slots=True)
class WaitingRead:
    """A read that is answered later; `deadline_ms` is monotonic time."""

    session: Session
    request: ReadMessages
    deadline_ms: int


class WaitingReads:
    """The reads that wait, by stream and by deadline."""

    def __init__(self) -> None:
        self._count = 0
        self._streams: dict[str, dict[int, WaitingRead]] = {}
        # Answered ones stay in the heap until their time: looking for them there would cost more.
        self._deadlines: list[tuple[int, int, str]] = []

    def add(self, read: WaitingRead) -> None:
        """Let a read wait."""
        self._count += 1
        name = read.request.stream_name
        self._streams.setdefault(name, {})[self._count] = read
        heapq.heappush(self._deadlines, (read.deadline_ms, self._count, name))

    def of(self, name: str) -> list[tuple[int, WaitingRead]]:
        """Those that wait for a stream, with the number that `remove` takes."""
        return list(self._streams.get(name, {}).items())

    def remove(self, name: str, number: int) -> WaitingRead | None:
        """Take one out; None if it is out already."""
        waiting = self._streams.get(name, {})
        read = waiting.pop(number, None)
        if not waiting:
            self._streams.pop(name, None)
        return read

    def take_overdue(self, now_ms: int) -> Iterator[WaitingRead]:
        """Take those out whose time is over."""
        while self._deadlines and self._deadlines[0][0] <= now_ms:
            _, number, name = heapq.heappop(self._deadlines)
            if read := self.remove(name, number):
                yield read

    def take_of_stream(self, name: str) -> list[WaitingRead]:
        """Take all out that wait for a stream."""
        return list(self._streams.pop(name, {}).values())

    def take_all(self) -> list[WaitingRead]:
        """Take all out."""
        return [read for name in list(self._streams) for read in self.take_of_stream(name)]

    def forget(self, session: Session) -> None:
        """Nobody is there any more for the answers of a session."""
        for name in list(self._streams):
            for number, read in self.of(name):
                if read.session is session:
                    self.remove(name, number)

    def next_deadline_ms(self) -> int | None:
        """When the first of them is over."""
        while self._deadlines:
            deadline_ms, number, name = self._deadlines[0]
            if number in self._streams.get(name, {}):
                return deadline_ms
            heapq.heappop(self._deadlines)
        return None
