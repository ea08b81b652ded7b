"""What becomes of bytes when their packets get lost, overtake each other or share a narrow way: they come later.

TCP gives bytes to the application in their order and once. So a link that loses packets is a slow link:

- a lost packet with three others behind it is missed by their acknowledgements and sent again after one round trip;
- one at the end of what is sent is missed by nobody: its sender waits for a time-out, 200 ms longer than a round trip,
  and twice as long each time that the repetition gets lost, at most 120 s. So does Linux where round trips take the
  same time each (RFC 6298, whose term for their variation it takes for 200 ms at least); what it would do sooner about
  the last packets (tail loss probes) is left out;
- packets that overtake each other are put in order by the receiver, which waits for the last of them.

How losses follow each other is Gilbert's chain of two states: no packet gets through in the bad one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from random import Random

from harness.fault.direction import Lost
from harness.fault.packet_loss import PacketLoss
from harness.fault.packet_reorder import PacketReorder

PACKET_BYTES = 1_448
"""Of payload, on Ethernet with time stamps."""

DUPLICATES = 3
"""Acknowledgements of later packets that tell a sender of a loss."""

VARIATION_MIN_MS = 200.0
TIMEOUT_MAX_MS = 120_000.0


def packets_of(size: int) -> int:
    """How many packets so many bytes are."""
    return max(1, ceil(size / PACKET_BYTES))


def losses(fault: PacketLoss, packets: int, dice: Random) -> list[int]:
    """The places of the packets that get lost."""
    leave_bad = 1 / fault.burst
    enter_bad = min(1.0, fault.share * leave_bad / (1 - fault.share)) if fault.share < 1 else 1.0
    bad = dice.random() < fault.share
    lost = []
    for place in range(packets):
        if bad:
            lost.append(place)
        # Where all is lost the good state is never entered.
        bad = dice.random() < (1 - leave_bad if bad and fault.share < 1 else enter_bad)
    return lost


def loss_ms(fault: PacketLoss, size: int, round_trip_ms: float, dice: Random) -> float:
    """How much later bytes come because packets of them get lost."""
    packets = packets_of(size)
    lost = losses(fault, packets, dice)
    if not lost:
        return 0.0
    behind = packets - 1 - lost[-1]
    if behind >= DUPLICATES and dice.random() >= fault.share:
        return round_trip_ms
    return _timeouts_ms(fault, round_trip_ms, dice)


def _timeouts_ms(fault: PacketLoss, round_trip_ms: float, dice: Random) -> float:
    timeout_ms = min(TIMEOUT_MAX_MS, round_trip_ms + VARIATION_MIN_MS)
    waited_ms = timeout_ms
    while waited_ms < TIMEOUT_MAX_MS and dice.random() < fault.share:
        timeout_ms = min(TIMEOUT_MAX_MS, 2 * timeout_ms)
        waited_ms += timeout_ms
    return waited_ms


def reorder_ms(faults: Sequence[PacketReorder], size: int, dice: Random) -> float:
    """How much later bytes come because packets of them are late."""
    packets = packets_of(size)
    late = [each.latency_ms for each in faults if dice.random() >= (1 - each.share) ** packets]
    return max(late, default=0.0)


@dataclass(slots=True)
class Pipe:
    """A narrow way that several links share: what comes first goes first.

    Attributes:
        bytes_per_second: that pass, each way.
    """

    bytes_per_second: int
    _busy_until_ms: dict[Lost, float] = field(default_factory=dict)

    def pass_ms(self, way: Lost, size: int, now_ms: float) -> float:
        """How long so many bytes take, behind those that are there already."""
        begin_ms = max(now_ms, self._busy_until_ms.get(way, 0.0))
        end_ms = begin_ms + size * 1000 / self.bytes_per_second
        self._busy_until_ms[way] = end_ms
        return end_ms - now_ms
