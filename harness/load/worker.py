"""What one process of a load does: its users report, it gets its share, and tells what became of it."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import gevent
from gevent.event import Event

from harness.load.belt import Belt
from harness.load.options import LoadOptions
from harness.load.rows import Rows
from harness.load.schedule import Share

READY, REFUSED, SHARES, DONE, TALLIES, SIZES, STOP = (
    "load_ready",
    "load_refused",
    "load_shares",
    "load_done",
    "load_tallies",
    "load_sizes",
    "load_stop",
)
"""Messages between the processes, and keys of a worker's report."""


class Worker:
    """See the module.

    Args:
        send: sends a message to the leader: its type and its data.

    Attributes:
        began: set when the share is known.
        belts: by kind of user, once the share is known.
    """

    def __init__(self, send: Callable[[str, Any], None]) -> None:
        self.belts: dict[str, Belt] = {}
        self.began = Event()
        self._send = send
        self._rows: dict[str, Rows] = {}

    def user_ready(self, user: str, rows: Rows) -> None:
        """A user is connected; its kind's readings are shown in `rows`."""
        self._rows[user] = rows
        self._send(READY, {"user": user})

    def user_refused(self, sentence: str, status: int) -> None:
        """A user cannot begin: nobody shall."""
        self._send(REFUSED, {"text": sentence, "status": status})

    def begin(self, shares: Mapping[str, Any], options: LoadOptions) -> None:
        """Take our share.

        Args:
            shares: `t0_s`, epoch seconds at which the first reading is due, and for each kind of user its share.
        """
        t0_s = time.monotonic() + (shares["t0_s"] - time.time())
        for user, (index, of) in shares["shares"].items():
            self.belts[user] = self._belt(user, Share(index, of), t0_s, options)
            gevent.spawn(self.belts[user].run)
        self.began.set()
        gevent.spawn(self._tell_when_done)

    def _belt(self, user: str, share: Share, t0_s: float, options: LoadOptions) -> Belt:
        rows, schedule = self._rows[user], options.schedule(user)
        return Belt(
            schedule,
            share,
            t0_s,
            bound=options.queue,
            grace_s=options.grace_s,
            dropped=lambda due, why: rows.dropped(time.monotonic() - t0_s - due.due_ms / 1000, why),
        )

    def _tell_when_done(self) -> None:
        for belt in self.belts.values():
            belt.over.wait()
        self._send(DONE, self.report())

    def stop(self) -> None:
        """No more readings."""
        for belt in self.belts.values():
            belt.stop()

    def report(self) -> dict[str, dict[str, Any]]:
        """What became of our readings until now, and how many there are, by kind of user."""
        return {
            TALLIES: {user: belt.tally.to_json() for user, belt in self.belts.items()},
            SIZES: {user: belt.size for user, belt in self.belts.items()},
        }
