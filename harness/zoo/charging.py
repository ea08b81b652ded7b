"""Logs whose records weigh what somebody else's might, where a limit says how many bytes a stream or segment has."""

from system.stream_manager.log.format import RECORD_OVERHEAD_BYTES
from system.stream_manager.log.segment import Segment
from system.stream_manager.log.segmented import SegmentedLog


def charging(overhead_bytes: int) -> type[SegmentedLog]:
    """A log that charges so much for a record besides its payload; in its files a record is as large as ours."""

    class Charging(SegmentedLog):
        """Sound, and full at another time."""

        @staticmethod
        def record_size(payload_size: int) -> int:
            return overhead_bytes + payload_size

        def append(self, payload: bytes, ingest_time_ms: int, *, segment_size: int) -> int:
            room = segment_size + _saved(self.segments[-1])
            return super().append(payload, ingest_time_ms, segment_size=room)

        def _recover(self) -> None:
            super()._recover()
            self.total_bytes -= sum(map(_saved, self.segments))

        def evict_oldest(self) -> tuple[int, int]:
            self.total_bytes += _saved(self.segments[0])
            return super().evict_oldest()

    def _saved(segment: Segment) -> int:
        """How much less than in its file a segment weighs."""
        return (RECORD_OVERHEAD_BYTES - overhead_bytes) * len(segment.positions)

    return Charging
