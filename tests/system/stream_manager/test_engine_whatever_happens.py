"""Whatever sinks answer and whenever the server is killed: nothing is left out, and copies have a reason."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from system.stream_manager.export.batch import Delivered, Failed

REFUSED = Failed(reason="refused")
BROKEN = Failed(reason="broken", transport=True)
SILENT = Failed(reason="silent", transport=True, doubtful=True)

STEPS = st.one_of(
    st.tuples(st.just("append"), st.integers(1, 8)),
    st.tuples(st.just("settle"), st.sampled_from(["all", "some", "skip", "no", "cut", "stored"])),
    st.tuples(st.just("pass"), st.sampled_from([100, 1000, 5000])),
    st.tuples(st.just("kill"), st.none()),
)


class World:
    """One stream of small segments, one exporter, and what its destination holds."""

    def __init__(self, rig, max_size):
        self.rig = rig
        self.arrived = []
        self.skipped = set()
        self.copies_with_a_reason = Counter()
        rig.create(
            "S", rig.exporter("cloud", batch_size=4), stream_segment_size=1024, max_size=max_size
        )

    def settle(self, how):
        """Let the destination answer the batch under way, if there is one, after doing what `how` says."""
        if not self.rig.batches:
            return
        numbers = [message.sequence_number for message in self.rig.batches[0].messages]
        refused = numbers[1::2] if how == "some" else []
        result = {
            "all": Delivered(),
            "some": Delivered(refused=tuple(range(1, len(numbers), 2)), reason="slow down"),
            "skip": Delivered(skipped=((0, "never"),)),
            "no": REFUSED,
            "cut": BROKEN,
            "stored": SILENT,
        }[how]
        if how == "skip":
            self.skipped.add(numbers.pop(0))
        if how in ("all", "some", "skip", "stored"):
            self.arrived += [number for number in numbers if number not in refused]
        if how == "stored":
            self.copies_with_a_reason.update(numbers)
        self.rig.settle(result)

    def kill(self):
        """The batch under way may have been stored, and what came before a refused message is not known any more."""
        under_way = [number for _, numbers in self.rig.under_way() for number in numbers]
        self.arrived += under_way
        self.copies_with_a_reason.update(under_way)
        exporter = self.rig.engine._exporters._exporters["S"]["cloud"]
        if exporter.refused:
            self.copies_with_a_reason.update(range(exporter.refused[0], exporter.taken_until))
        self.rig.restart()

    def step(self, what, value):
        match what:
            case "append":
                self.rig.append_many("S", value, bytes(200))
            case "settle":
                self.settle(value)
            case "pass":
                self.rig.pass_ms(value)
            case "kill":
                self.kill()

    def drain(self):
        for _ in range(200):
            self.settle("all")
            self.rig.pass_ms(5000)
        assert not self.rig.batches


@pytest.mark.parametrize("max_size", [1 << 20, 2048], ids=["room for all", "overwriting"])
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None
)
@given(steps=st.lists(STEPS, max_size=40))
def test_all_that_is_kept_arrives_and_a_copy_has_a_reason(make_rig, max_size, steps):
    world = World(make_rig(), max_size)
    for what, value in steps:
        world.step(what, value)
    world.drain()
    status = world.rig.describe("S")["storageStatus"]
    oldest, end = status["oldestSequenceNumber"], status["newestSequenceNumber"] + 1
    missing = set(range(end)) - set(world.arrived) - world.skipped
    # A rest smaller than a batch waits for its neighbours.
    rest = set(range(end - 3, end))
    assert all(number < oldest or number in rest for number in missing)
    copies = Counter(world.arrived)
    assert all(
        count - 1 <= world.copies_with_a_reason[number] for number, count in copies.items()
    ), (copies, world.copies_with_a_reason)
