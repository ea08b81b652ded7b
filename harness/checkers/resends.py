"""Why a message that the cloud had kept was sent again: what was seen that may have kept the answer from its sender.

Any of these explains a second copy:
- doubt: the answer was no clear yes, or could not be handed to the link;
- cut: a fault may have been on the link while the request or its answer was under way, to the edge as far as the uplink
  tap saw it come back; that the link was slow alone is none, for then the uplink tap sees whether it was given up;
- time-out: the uplink tap saw a request to this service fail that was under way when it arrived;
- pause: the stream manager stood still when its answer came, so that it may have run out of time with the answer at
  its door;
- slow: a request was given up on a link that was slowed or throttled, so that it may arrive behind the one sent again;
- power cut: it took the word that the message was delivered, which is synced no sooner than messages that are not
  flushed;
- restart: the stream manager was started again in between, and the message is none from before its exporter's last
  batch: a restart repeats the one batch that was in flight, and nothing else.

That a neighbour was refused explains nothing.
"""

import math
from collections.abc import Iterable, Sequence
from enum import StrEnum

from harness.checkers.links import Links, Window
from harness.checkers.matching import Arrival
from harness.history.history import History
from harness.history.operations import Exporter, Outcome, Put
from harness.scenario.judges import READ_TIMEOUT_MS

# Between the tap and the sender there is a way, and between the fault and the nemesis's word for it is another.
_WAY_MS = 2_000.0

# From the first bytes of an answer at the edge until its sender has taken all of it in.
_REST_MS = 1_000.0

# Where the disk is well, it is stored within this time that a message was delivered.
_STORED_MS = 5_000.0


class Cause(StrEnum):
    """What explains that a message was sent again."""

    DOUBT = "doubtful answer"
    CUT = "cut"
    TIMEOUT = "time-out"
    PAUSE = "pause"
    SLOW = "slow link"
    POWER_CUT = "power cut"
    DISK = "disk"
    RESTART = "restart"


class Resends:
    """See the module. For one exporter.

    Args:
        found: its arrivals, in their order.
        latency_ms: round trip held on the link.
    """

    def __init__(
        self,
        history: History,
        exporter: Exporter,
        found: Sequence[Arrival],
        links: Links,
        *,
        latency_ms: float,
    ) -> None:
        self._exporter = exporter
        self._found = found
        self._links = links
        self._way_ms = _WAY_MS + latency_ms
        self._power_cuts = history.power_cuts
        faults = history.faults_on(exporter.service)
        self._requests = [each for each in history.requests if each.service == exporter.service]
        self._slow = [Window(*each.possible_ms) for each in faults if each.holds]
        self._failed = [
            Window(each.invoked_ms, float("inf") if each.ended_ms is None else each.ended_ms)
            for each in self._requests
            if each.outcome is not Outcome.OK
        ]
        self._sent = [each for each in found if each.number is not None]
        self._lowest: dict[str, int] = {}
        for each in self._sent:
            number = each.number or 0
            self._lowest[_hash(each)] = min(number, self._lowest.get(_hash(each), number))
        self._first_lost = {each: self._in_flight_at(each) for each in links.restarts}

    def cause(self, kept: Arrival, again: Arrival) -> Cause | None:
        """What explains that a message arrived again; None: nothing does."""
        put = kept.put
        if kept.kept is not Outcome.OK or put.ended_ms is None or not put.answered:
            return Cause.DOUBT
        heard_ms = min(self._heard_ms(put, put.ended_ms), again.put.arrived_ms)
        end_ms = min(put.ended_ms + self._way_ms, heard_ms)
        if self._links.broken(self._exporter.service, put.arrived_ms, end_ms):
            return Cause.CUT
        if _any(self._failed, put.arrived_ms, put.arrived_ms):
            return Cause.TIMEOUT
        if self._links.paused(put.arrived_ms, heard_ms):
            return Cause.PAUSE
        if self._given_up_before(put.arrived_ms):
            return Cause.SLOW
        if self._forgotten(kept, again):
            return Cause.POWER_CUT
        if self._unstored(kept, again):
            return Cause.DISK
        return Cause.RESTART if self._restarted(kept, again) else None

    def _heard_ms(self, put: Put, answered_ms: float) -> float:
        """When the sender of a request had its answer at the latest; infinite where that was not seen."""
        carried = [
            math.inf if each.ended_ms is None or each.outcome is not Outcome.OK else each.ended_ms
            for each in self._requests
            if each.invoked_ms <= put.arrived_ms
            and (each.ended_ms is None or each.ended_ms >= put.arrived_ms)
        ]
        heard_ms = max(carried, default=math.inf)
        # What came back before the cloud had answered was the answer to something else.
        return heard_ms + _REST_MS if heard_ms >= answered_ms else math.inf

    def _given_up_before(self, arrived_ms: float) -> bool:
        """Whether a slow link may still hold a request that its sender gave up before a moment."""
        return any(
            slow.touches(arrived_ms - READ_TIMEOUT_MS, arrived_ms)
            and any(slow.begin_ms <= each.end_ms <= arrived_ms for each in self._failed)
            for slow in self._slow
        )

    def _forgotten(self, kept: Arrival, again: Arrival) -> bool:
        """Whether a power cut came so soon after an answer that nobody may know of it afterwards."""
        answered_ms = kept.put.arrived_ms if kept.put.ended_ms is None else kept.put.ended_ms
        return any(
            each.may_take(answered_ms) and each.begin_ms <= again.put.arrived_ms
            for each in self._power_cuts
        )

    def _unstored(self, kept: Arrival, again: Arrival) -> bool:
        """Whether the disk may have kept from being stored, until a restart, that a message was delivered."""
        answered_ms = kept.put.arrived_ms if kept.put.ended_ms is None else kept.put.ended_ms
        return any(
            trouble.touches(answered_ms, answered_ms + _STORED_MS)
            and answered_ms <= restart.end_ms
            and restart.begin_ms <= min(again.put.arrived_ms, trouble.end_ms + _STORED_MS)
            for restart in self._links.restarts
            for trouble in self._links.disk
        )

    def _restarted(self, kept: Arrival, again: Arrival) -> bool:
        return any(
            kept.put.arrived_ms <= restart.end_ms
            and restart.begin_ms <= again.put.arrived_ms
            and (kept.number is None or kept.ambiguous or kept.number >= first)
            for restart, first in self._first_lost.items()
        )

    def _in_flight_at(self, restart: Window) -> int:
        """The first number of the batch that was in flight at a restart: the last one before anything came again."""
        again_ms = min(
            (
                each.put.arrived_ms
                for each in self._sent
                if each.copy > 0 and each.put.arrived_ms >= restart.begin_ms
            ),
            default=restart.end_ms,
        )
        before = [each for each in self._sent if each.put.arrived_ms < again_ms]
        last = [each for each in before if each.put.id == before[-1].put.id]
        return min((self._lowest[_hash(each)] for each in last), default=0)


def _hash(arrival: Arrival) -> str:
    return arrival.put.hashes[arrival.position]


def _any(windows: Iterable[Window], begin_ms: float, end_ms: float) -> bool:
    return any(window.touches(begin_ms, end_ms) for window in windows)
