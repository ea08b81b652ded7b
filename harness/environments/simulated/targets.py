"""Data streams and channels of the simulated cloud: what they hold, and what they refuse."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random

from harness.environments.simulated.world import World
from harness.fault.cloud_error import CloudError
from harness.fault.cloud_partial_failure import CloudPartialFailure
from harness.fault.cloud_throttle import CloudThrottle
from harness.fault.registry import CloudFault

KEPT_ALL_THE_SAME = 0.5
"""The share of the requests answered by 500 that are kept."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One message as a destination holds it."""

    place: str
    payload: bytes
    arrived_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a service says of a request.

    Attributes:
        status: of HTTP.
        error: what it refuses, and why.
        rejected: places of the messages that a success did not keep.
    """

    status: int = 200
    error: str = ""
    rejected: tuple[int, ...] = ()


@dataclass(slots=True)
class Target:
    """One data stream or channel.

    Attributes:
        service: `kinesis` or `iotanalytics`.
        shards: of a data stream; records go to one by their random key.
        room: how many messages a throttled one takes at once, and when that was so.
    """

    service: str
    name: str
    shards: int
    dice: Random
    messages: list[Stored] = field(default_factory=list)
    batches: int = 0
    room: tuple[float, float] | None = None

    def keep(self, payloads: Sequence[bytes], now_ms: int, refused: Sequence[int] = ()) -> None:
        """Hold the messages of one request, in their order, but for those that are refused."""
        self.batches += 1
        for index, payload in enumerate(payloads):
            if index not in refused:
                self.messages.append(Stored(self._place(index), payload, now_ms))

    def _place(self, index: int) -> str:
        if self.service == "kinesis":
            shard = self.dice.randrange(self.shards) if self.shards > 1 else 0
            return f"shardId-{shard:012d}/{len(self.messages):056d}"
        return f"channel/{self.name}/{self.batches:020d}.jsonl#{index}"

    def room_for(self, count: int, rate_hz: float, now_ms: float, *, whole: bool) -> int:
        """How many of so many messages a throttled target takes: a second's worth gathers, or one message.

        Args:
            whole: all of them or none.
        """
        most = max(1.0, rate_hz)
        room, then_ms = self.room or (most, now_ms)
        room = min(most, room + (now_ms - then_ms) * rate_hz / 1000)
        taken = min(count, int(room))
        if whole and taken < count:
            taken = 0
        self.room = (room - taken, now_ms)
        return taken


class Refusals:
    """What faults make of requests; who fails is told by dice of their own."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._dice = world.dice("refusals")

    def keep(
        self,
        target: Target,
        payloads: Sequence[bytes],
        now_ms: int,
        faults: Iterable[CloudFault],
    ) -> Answer:
        """Have a target keep the messages of a request, as far as the faults let it."""
        refused: dict[int, str] = {}
        for fault in faults:
            match fault:
                case CloudError(share=share) if self._dice.random() < share:
                    if self._dice.random() < KEPT_ALL_THE_SAME:
                        target.keep(payloads, now_ms)
                    return Answer(status=500, error="InternalFailure")
                case CloudThrottle(rate_hz=rate_hz):
                    whole = target.service != "kinesis"
                    now = self._world.now_ms
                    taken = target.room_for(len(payloads), rate_hz, now, whole=whole)
                    if whole and taken < len(payloads):
                        return Answer(status=429, error="ThrottlingException: Rate exceeded")
                    throttled = dict.fromkeys(
                        range(taken, len(payloads)), "ProvisionedThroughputExceededException"
                    )
                    refused |= throttled
                case CloudPartialFailure(share=share):
                    failed = [n for n in range(len(payloads)) if self._dice.random() < share]
                    refused |= dict.fromkeys(failed, "InternalFailure")
        target.keep(payloads, now_ms, sorted(refused))
        return Answer(error=_why(refused, len(payloads)), rejected=tuple(sorted(refused)))


def _why(refused: dict[int, str], sent: int) -> str:
    if not refused:
        return ""
    codes = ", ".join(sorted(set(refused.values())))
    return f"{len(refused)} of {sent} messages were refused: {codes}"
