"""The readings that users of one kind carry in this process: each is laid down when it is due, and taken by whoever is
free.

Runs on gevent, patched or not.
"""

import time
from collections.abc import Callable

import gevent
from gevent.event import Event
from gevent.queue import Empty, Full, Queue

from harness.load.schedule import Due, Schedule, Share
from harness.load.tally import LATE_S, Tally

LOOK_S = 0.2


class Belt:
    """See the module.

    Args:
        schedule: of all processes.
        share: what of it is ours.
        t0_s: when the first reading is due, on the clock of `now`.
        bound: how many readings may wait; what is due then is dropped.
        grace_s: how long after the last one is due what waits is still taken.
        dropped: takes each reading that never left, with the reason.
        now: seconds.

    Attributes:
        tally: what became of the readings.
        size: how many readings are ours; less when it was stopped early.
        over: set when it is known of all of them what became of them.
    """

    def __init__(
        self,
        schedule: Schedule,
        share: Share,
        t0_s: float,
        *,
        bound: int,
        grace_s: float,
        dropped: Callable[[Due, str], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.tally = Tally()
        self.over = Event()
        self.size = share.size(schedule)
        self._t0_s = t0_s
        self._readings = share.readings(schedule)
        self._grace_s = grace_s
        self._closes_s = t0_s + schedule.duration_ms / 1000 + grace_s
        self._queue: Queue[Due] = Queue(maxsize=bound)
        self._all_laid = False
        self._dropped = dropped
        self._now = now
        self._stopped = False

    def due_s(self, due: Due) -> float:
        """When a reading is due, on our clock."""
        return self._t0_s + due.due_ms / 1000

    def run(self) -> None:
        """Lay down each reading when it is due, then drop what nobody takes in time."""
        for laid, due in enumerate(self._readings):
            self._sleep_until(self.due_s(due))
            if self._stopped:
                self.size = laid
                break
            try:
                self._queue.put_nowait(due)
            except Full:
                self._drop(due, "the queue was full")
        self._all_laid = True
        self._look_whether_over()
        self.over.wait(None if self._stopped else max(0.0, self._closes_s - self._now()))
        while not self._queue.empty():
            self._drop(self._queue.get_nowait(), f"not sent {self._grace_s:g} s after the end")

    def stop(self) -> None:
        """No more readings; those that wait are still taken."""
        self._stopped = True

    def take(self) -> Due | None:
        """The next reading, as soon as it is due and nobody else has taken it; None when there is no more."""
        while True:
            try:
                due: Due = self._queue.get(timeout=LOOK_S)
                return due
            except Empty:
                if self._all_laid and self._queue.empty():
                    return None

    def carried(self, due: Due, sent_s: float, *, acknowledged: bool) -> None:
        """Count a reading that was taken."""
        self.tally.acknowledged += acknowledged
        self.tally.failed += not acknowledged
        self.tally.late += sent_s - self.due_s(due) > LATE_S
        self._look_whether_over()

    def _drop(self, due: Due, reason: str) -> None:
        self.tally.dropped += 1
        self._dropped(due, reason)
        self._look_whether_over()

    def _look_whether_over(self) -> None:
        if self.tally.handled == self.size:
            self.over.set()

    def _sleep_until(self, moment_s: float) -> None:
        while not self._stopped and (left_s := moment_s - self._now()) > 0:
            gevent.sleep(min(left_s, LOOK_S))
