"""An exporter over a stream on a disk of its own, driven by hand."""

import pytest

from system.stream_manager.export.backoff import Backoff
from system.stream_manager.export.batch import Batch, Delivered, Failed
from system.stream_manager.export.exporter import Exporter, Progress
from system.stream_manager.log.format import RECORD_OVERHEAD_BYTES, segment_name
from system.stream_manager.log.memory import MemoryFileSystem
from system.stream_manager.log.segmented import SegmentedLog
from system.stream_manager.stream import Stream
from system.wire.definitions import KinesisConfig, MessageStreamDefinition
from system.wire.operations import StrategyOnFull

CAP_MS = 5000
DOWN = Failed(reason="the link is down", transport=True)
IN_DOUBT = Failed(reason="no answer", transport=True, doubtful=True)


def refused(*indexes):
    return Delivered(refused=indexes, reason="slow down")


class Clock:
    """Stands still until it is moved."""

    def __init__(self):
        self.wall, self.monotonic = 1_700_000_000_000, 7_000

    def wall_ms(self):
        return self.wall

    def monotonic_ms(self):
        return self.monotonic

    def pass_ms(self, ms):
        self.wall += ms
        self.monotonic += ms


class Rig:
    """An exporter, its stream and its clock. Messages of 1000 bytes with their overhead, four in a segment."""

    def __init__(self, config, *, segments=100):
        self.clock = Clock()
        self.disk = MemoryFileSystem()
        self.log = SegmentedLog(self.disk, "log", name="S", warn=lambda line: None)
        self.stream = Stream(
            MessageStreamDefinition(
                name="S",
                strategy_on_full=StrategyOnFull.OVERWRITE_OLDEST_DATA,
                max_size=segments * 4000,
                stream_segment_size=4000,
            ),
            self.log,
            clock=self.clock,
            store_definition=lambda definition: None,
            warn=lambda line: None,
        )
        self.exporter = self.made(config, Progress())
        self.sent = 0

    def made(self, config, progress):
        return Exporter(self.stream, config, progress, Backoff(cap_ms=CAP_MS), generation=1)

    def restart(self):
        """What a process that was killed leaves is the progress."""
        self.exporter = self.made(self.exporter.config, self.exporter.progress)

    def append(self, count, size=1000 - RECORD_OVERHEAD_BYTES):
        for _ in range(count):
            self.stream.append(b"x" * size)

    def damage(self, segment, record):
        file = self.disk.open(f"log/{segment_name(segment)}")
        file._data[record * 1000 + 30] ^= 1

    @property
    def due_in_ms(self):
        """How long until it sends; None as long as nothing more is appended."""
        due_ms = self.exporter.due_at_ms(self.clock.monotonic, self.clock.wall)
        return None if due_ms is None else max(0, due_ms - self.clock.monotonic)

    @property
    def is_due(self):
        return self.due_in_ms == 0

    def send(self):
        """Let it send, if it is due; the sequence numbers of the batch, or None."""
        if not self.is_due:
            return None
        messages = self.exporter.next_messages()
        if not messages:
            return []
        self.sent += 1
        batch = Batch(
            id=self.sent,
            exporter=self.exporter.key,
            generation=self.exporter.generation,
            config=self.exporter.config,
            messages=messages,
        )
        self.exporter.send(batch, self.sent)
        return [message.sequence_number for message in messages]

    def settle(self, result=None):
        self.exporter.settle(
            result or Delivered(), now_ms=self.clock.monotonic, wall_ms=self.clock.wall
        )

    def wait(self):
        """Pass the time until it sends."""
        self.clock.pass_ms(self.due_in_ms)

    def drain(self):
        """Send and deliver as long as anything is due; the batches."""
        batches = []
        while (numbers := self.send()) is not None:
            if numbers:
                batches.append(numbers)
                self.settle()
        return batches

    @property
    def position(self):
        return self.exporter.progress.position


@pytest.fixture
def make_rig():
    def make(*, segments=100, **fields):
        fields.setdefault("identifier", "k")
        return Rig(KinesisConfig(kinesis_stream_name="s", **fields), segments=segments)

    return make
