"""A stream against a list of segments: limits, strategies, time to live, updates, kills and power cuts."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from system.stream_manager.errors import MessageTooLarge, StreamFull, UpdateNotAllowed
from system.stream_manager.log.format import RECORD_OVERHEAD_BYTES
from system.stream_manager.log.segmented import SegmentedLog
from system.stream_manager.stream import Stream
from system.wire.definitions import MessageStreamDefinition
from system.wire.operations import StrategyOnFull

from .conftest import HandClock
from .disk import SimulatedDisk

FOLDER = "s/log"
MINUTE = 60_000
MANY = 10**9
SEGMENT_SIZES = st.sampled_from([1024, 1500, 2048])
MAX_SIZES = st.sampled_from([2048, 3000, 5000])
STRATEGIES = st.sampled_from(list(StrategyOnFull))


@dataclass
class Run:
    """What one segment should hold: (ingest time, payload) by number."""

    base: int
    messages: dict[int, tuple[int, bytes]] = field(default_factory=dict)

    @property
    def size(self):
        return sum(RECORD_OVERHEAD_BYTES + len(payload) for _, payload in self.messages.values())

    @property
    def newest_ms(self):
        return list(self.messages.values())[-1][0]


class StreamMachine(RuleBasedStateMachine):
    @initialize(strategy=STRATEGIES, lives=st.sampled_from([None, MINUTE, 10 * MINUTE]))
    def begin(self, strategy, lives):
        self.disk = SimulatedDisk()
        self.disk.make_folder("s")
        self.disk.sync_folder("")
        self.clock = HandClock()
        self.definition = MessageStreamDefinition(
            name="S",
            strategy_on_full=strategy,
            max_size=3000,
            stream_segment_size=1024,
            time_to_live_millis=lives,
        )
        self.runs = [Run(0)]
        self.count = 0
        self.open()

    def open(self):
        self.stream = Stream(
            self.definition,
            SegmentedLog(self.disk, FOLDER, name="S", warn=lambda line: None),
            clock=self.clock,
            store_definition=lambda definition: None,
            warn=lambda line: None,
        )

    # -- the model -------------------------------------------------------------------------------

    @property
    def end(self):
        return self.runs[-1].base + len(self.runs[-1].messages)

    @property
    def messages(self):
        return {number: each for run in self.runs for number, each in run.messages.items()}

    @property
    def total(self):
        return sum(run.size for run in self.runs)

    def evict(self):
        if len(self.runs) == 1:
            self.runs.append(Run(self.end))
        self.runs.pop(0)

    def refusal(self, size):
        if size > self.definition.stream_segment_size:
            return MessageTooLarge
        rejects = self.definition.strategy_on_full is StrategyOnFull.REJECT_NEW_DATA
        return StreamFull if rejects and self.total + size > self.definition.max_size else None

    # -- rules -----------------------------------------------------------------------------------

    @rule(size=st.integers(25, 400) | st.integers(25, 2100))
    def append(self, size):
        self.count += 1
        payload = f"{self.count}-".encode().ljust(size - RECORD_OVERHEAD_BYTES, b"x")
        size = len(payload) + RECORD_OVERHEAD_BYTES
        if refusal := self.refusal(size):
            with pytest.raises(refusal):
                self.stream.append(payload)
            return
        while self.total + size > self.definition.max_size:
            self.evict()
        number = self.end
        if (
            self.runs[-1].messages
            and self.runs[-1].size + size > self.definition.stream_segment_size
        ):
            self.runs.append(Run(number))
        self.runs[-1].messages[number] = (self.clock.wall, payload)
        assert self.stream.append(payload) == number

    @rule(minutes=st.integers(-3, 12))
    def set_the_clock(self, minutes):
        self.clock.wall += minutes * MINUTE

    @rule()
    def expire(self):
        lives = self.definition.time_to_live_millis
        while lives and self.total and self.runs[0].newest_ms < self.clock.wall - lives:
            self.evict()
        self.stream.expire()

    @rule(max_size=MAX_SIZES, segment_size=SEGMENT_SIZES, strategy=STRATEGIES)
    def update(self, max_size, segment_size, strategy):
        wanted = replace(
            self.definition,
            max_size=max_size,
            stream_segment_size=segment_size,
            strategy_on_full=strategy,
        )
        if max_size < self.total:
            with pytest.raises(UpdateNotAllowed):
                self.stream.update(wanted)
        else:
            self.stream.update(wanted)
            self.definition = wanted

    @rule(start=st.integers(0, 40), limit=st.integers(1, 9))
    def read(self, start, limit):
        wanted = list(self.messages)
        wanted = [number for number in wanted if number >= start][:limit]
        assert [each.sequence_number for each in self.stream.read(start, limit)] == wanted

    @rule()
    def kill(self):
        self.disk.open_files.clear()
        self.open()

    @rule(dice=st.randoms(use_true_random=False))
    def cut_power_after_a_sync(self, dice):
        """Nothing that is there may go, and nothing that was removed may come back."""
        self.stream.sync()
        self.disk.crash(dice)
        self.open()

    def everything(self):
        found = self.stream.read(0, MANY)
        return {each.sequence_number: (each.ingest_time_ms, each.payload) for each in found}

    # -- always ----------------------------------------------------------------------------------

    @invariant()
    def it_holds_what_the_list_holds(self):
        assert self.everything() == self.messages
        assert self.stream.total_bytes == self.total
        assert self.stream.oldest_sequence_number == self.runs[0].base
        assert self.stream.newest_sequence_number == self.end - 1

    @invariant()
    def it_knows_when_something_expires(self):
        lives = self.definition.time_to_live_millis
        known = self.runs[0].newest_ms + lives + 1 if lives and self.total else None
        assert self.stream.expires_at_ms() == known


StreamMachine.TestCase.settings = settings(max_examples=100, stateful_step_count=40)
TestStream = StreamMachine.TestCase
