"""The segmented log against a list, with kills, power cuts and a disk that refuses."""

from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from system.stream_manager.errors import CorruptRecord
from system.stream_manager.log.format import RECORD_OVERHEAD_BYTES, segment_base, segment_name
from system.stream_manager.log.segmented import SegmentedLog

from .disk import SimulatedDisk

SEGMENT = 150
MANY = 10**9
FOLDER = "streams/s/log"


@dataclass
class Run:
    """What one segment should hold: records by number, numbers without gaps."""

    base: int
    records: dict[int, bytes] = field(default_factory=dict)

    @property
    def size(self):
        return sum(RECORD_OVERHEAD_BYTES + len(payload) for payload in self.records.values())


class LogMachine(RuleBasedStateMachine):
    @initialize()
    def begin(self):
        self.disk = SimulatedDisk()
        self.disk.make_folder("streams/s")
        self.disk.sync_folder("")
        self.disk.sync_folder("streams")
        self.runs = [Run(0)]
        # What was ever written under a number that is not given again.
        self.written = {}
        self.durable = {}
        self.count = 0
        self.open()

    def open(self):
        self.log = SegmentedLog(self.disk, FOLDER, name="S", warn=lambda line: None)

    @property
    def end(self):
        return self.runs[-1].base + len(self.runs[-1].records)

    @property
    def records(self):
        return {number: payload for run in self.runs for number, payload in run.records.items()}

    def path(self, base):
        return f"{FOLDER}/{segment_name(base)}"

    # -- writing ---------------------------------------------------------------------------------

    def fits(self, payload):
        run = self.runs[-1]
        return not run.records or run.size + RECORD_OVERHEAD_BYTES + len(payload) <= SEGMENT

    def new_payload(self, size):
        self.count += 1
        return f"{self.count}-".encode().ljust(size, b"x")

    @rule(size=st.integers(1, 140))
    def append(self, size):
        payload, number = self.new_payload(size), self.end
        assert self.log.append(payload, self.count, segment_size=SEGMENT) == number
        if not self.fits(payload):
            self.runs.append(Run(number))
        self.runs[-1].records[number] = payload
        self.written[number] = payload

    @rule(size=st.integers(1, 140), operation=st.sampled_from(["write", "open"]))
    def append_in_vain(self, size, operation):
        payload = self.new_payload(size)
        if operation == "open" and self.fits(payload):
            return
        self.disk.failing = {operation}
        with pytest.raises(OSError):
            self.log.append(payload, self.count, segment_size=SEGMENT)
        self.disk.failing = set()
        if operation == "write" and not self.fits(payload):
            self.runs.append(Run(self.end))

    @rule()
    def roll(self):
        self.log.roll()
        if self.runs[-1].records:
            self.runs.append(Run(self.end))

    @precondition(lambda self: self.log.total_bytes)
    @rule()
    def evict(self):
        # What a power cut emptied goes with the segment before it.
        empty = {run.base for run in self.runs if not self.disk.read(self.path(run.base))}
        first, end = self.log.evict_oldest()
        if len(self.runs) == 1:
            self.runs.append(Run(self.end))
        gone = self.runs.pop(0)
        while len(self.runs) > 1 and self.runs[0].base in empty:
            self.runs.pop(0)
        assert (first, end) == (gone.base, self.runs[0].base)
        self.durable = {n: payload for n, payload in self.durable.items() if n >= end}

    @rule()
    def sync(self):
        self.log.sync()
        self.durable = self.records

    @rule(operation=st.sampled_from(["sync", "sync_folder"]))
    def sync_in_vain(self, operation):
        self.disk.failing = {operation}
        try:
            self.log.sync()
        except OSError:
            return
        else:
            self.durable = self.records
        finally:
            self.disk.failing = set()

    # -- reading ---------------------------------------------------------------------------------

    @rule(start=st.integers(0, 60), limit=st.integers(1, 9), bytes_max=st.integers(1, 400))
    def read(self, start, limit, bytes_max):
        start = max(start, self.runs[0].base)
        expected = self.records
        try:
            found = self.log.read(start, limit, bytes_max)
        except CorruptRecord as damage:
            assert damage.first == start and start not in expected
            assert not any(n in expected for n in range(start, damage.end))
            assert damage.end == self.end or damage.end in {run.base for run in self.runs}
            return
        numbers = [record.sequence_number for record in found]
        assert numbers == list(range(start, start + len(found)))
        assert [record.payload for record in found] == [expected[number] for number in numbers]
        assert bool(found) == (start < self.end) and len(found) <= limit
        before_last = sum(RECORD_OVERHEAD_BYTES + len(each.payload) for each in found[:-1])
        assert before_last < bytes_max

    # -- trouble ---------------------------------------------------------------------------------

    @rule()
    def kill(self):
        self.disk.open_files.clear()
        self.open()

    @rule(dice=st.randoms(use_true_random=False))
    def cut_power(self, dice):
        end, durable_end = self.end, max(self.durable, default=-1) + 1
        self.disk.crash(dice)
        self.open()
        assert durable_end <= self.log.end <= end
        found = dict(self.readable())
        assert all(self.written[number] == payload for number, payload in found.items())
        assert self.durable.items() <= found.items()
        self.adopt(found)

    def readable(self):
        place = self.log.oldest
        while place < self.log.end:
            try:
                (record,) = self.log.read(place, 1, MANY)
            except CorruptRecord as damage:
                place = damage.end
            else:
                yield place, record.payload
                place += 1

    def adopt(self, found):
        """Go on with what is there: the log must take its own files for what they are."""
        bases = [segment_base(name) for name in self.disk.names(FOLDER)]
        self.runs = [Run(base) for base in bases]
        for run, end in zip(self.runs, [*bases[1:], MANY], strict=True):
            run.records = {n: payload for n, payload in found.items() if run.base <= n < end}
        self.written = {n: payload for n, payload in self.written.items() if n < self.log.end}
        self.durable = found

    # -- always ----------------------------------------------------------------------------------

    @invariant()
    def it_is_what_the_list_is(self):
        assert (self.log.oldest, self.log.end) == (self.runs[0].base, self.end)
        assert self.log.total_bytes == sum(run.size for run in self.runs)
        assert dict(self.readable()) == self.records

    @invariant()
    def its_files_are_its_segments(self):
        bases = [segment_base(name) for name in self.disk.names(FOLDER)]
        assert bases == [run.base for run in self.runs]
        assert all(before.size <= SEGMENT + 20 for before, _ in pairwise(self.runs))
        assert len(self.disk.open_files) == 1


LogMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=30)
TestLog = LogMachine.TestCase
