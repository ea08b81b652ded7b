"""Whatever a destination answers, and whenever the process is killed: nothing is left out."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from system.stream_manager.export.batch import Delivered, Failed
from system.wire.definitions import KinesisConfig

from .conftest import Rig

BATCH = 5
SEGMENTS = 4
FAILURES = [
    Failed(reason="down", transport=True),
    Failed(reason="no answer", transport=True, doubtful=True),
    Failed(reason="throttled"),
]


class ExporterMachine(RuleBasedStateMachine):
    @initialize()
    def begin(self):
        config = KinesisConfig(identifier="k", kinesis_stream_name="s", batch_size=BATCH)
        self.rig = Rig(config, segments=SEGMENTS)
        self.under_way = None
        # What the destination has, or will never have.
        self.done = set()
        self.doubled = 0

    @rule(count=st.integers(1, 6))
    def append(self, count):
        self.rig.append(count)

    @rule()
    def pass_time(self):
        if self.rig.due_in_ms:
            self.rig.wait()

    @precondition(lambda self: not self.under_way)
    @rule()
    def send(self):
        self.under_way = self.rig.send()
        if self.under_way:
            assert len(self.under_way) <= BATCH
            assert self.under_way == sorted(set(self.under_way))

    def parts(self, data):
        """Some of the batch, and some of the others."""
        fates = data.draw(st.lists(st.integers(0, 2), min_size=len(self.under_way),
                                   max_size=len(self.under_way)))  # fmt: skip
        return [tuple(i for i, fate in enumerate(fates) if fate == wanted) for wanted in (1, 2)]

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def answer(self, data):
        refused, skipped = self.parts(data)
        self.rig.settle(
            Delivered(
                refused=refused,
                skipped=tuple((index, "odd") for index in skipped),
                reason="slow down" if refused else "",
            )
        )
        taken = {number for i, number in enumerate(self.under_way) if i not in refused}
        self.doubled += len(taken & self.done)
        self.done |= taken
        self.under_way = None

    @precondition(lambda self: self.under_way)
    @rule(failure=st.sampled_from(FAILURES))
    def fail(self, failure):
        self.rig.settle(failure)
        self.under_way = None

    @rule()
    def kill(self):
        """What was refused is known to the process alone: the rest of its batch may come twice."""
        self.rig.restart()
        self.under_way = None
        self.done = {number for number in self.done if number < self.rig.position}

    @invariant()
    def the_position_passes_nothing_that_is_owed(self):
        oldest = self.rig.stream.oldest_sequence_number
        passed = set(range(oldest, self.rig.position))
        assert passed <= self.done

    @invariant()
    def nothing_is_sent_twice_without_a_kill(self):
        assert self.doubled == 0

    def teardown(self):
        """With a destination that takes everything, all but a rest smaller than a batch arrives."""
        if self.under_way:
            self.rig.settle()
            self.done |= set(self.under_way)
        while self.rig.due_in_ms is not None:
            self.rig.wait()
            if numbers := self.rig.send():
                self.rig.settle()
                self.done |= set(numbers)
        newest = self.rig.stream.newest_sequence_number
        assert newest + 1 - self.rig.position < BATCH
        self.the_position_passes_nothing_that_is_owed()


ExporterMachine.TestCase.settings = settings(max_examples=100, stateful_step_count=40)
TestExporter = ExporterMachine.TestCase
