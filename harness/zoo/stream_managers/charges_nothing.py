"""Sound: a stream manager that counts payloads alone where a limit says how many bytes a stream or segment has."""

import sys

from system.stream_manager import stream
from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.log import segmented
from system.stream_manager.log.format import RECORD_OVERHEAD_BYTES
from system.stream_manager.log.segment import Segment
from system.stream_manager.log.segmented import SegmentedLog

SCENARIOS = ("short_overwrite",)
CAUGHT_BY = None


class Light(SegmentedLog):
    """Its records weigh what their payloads weigh."""

    def append(self, payload: bytes, ingest_time_ms: int, *, segment_size: int) -> int:
        overhead = RECORD_OVERHEAD_BYTES * len(self.segments[-1].positions)
        return super().append(payload, ingest_time_ms, segment_size=segment_size + overhead)

    def _recover(self) -> None:
        super()._recover()
        self.total_bytes = sum(map(_weight, self.segments))

    def evict_oldest(self) -> tuple[int, int]:
        self.total_bytes += RECORD_OVERHEAD_BYTES * len(self.segments[0].positions)
        return super().evict_oldest()


def _weight(segment: Segment) -> int:
    return segment.size - RECORD_OVERHEAD_BYTES * len(segment.positions)


if __name__ == "__main__":
    for module in (stream, segmented):
        vars(module)["record_size"] = lambda payload_size: payload_size
    sys.exit(main(parts=Parts(log=Light)))
