"""A stream manager that acknowledges what it has not written: its files keep up to 64 KiB in memory."""

import sys

from system.filesystem import File
from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.log.segment import Segment
from system.stream_manager.log.segmented import SegmentedLog

SCENARIOS = ("short_kill",)
CAUGHT_BY = "loss"
KEPT_BYTES = 64 * 1024


class LazyFile:
    """A file that serves what it has not written from memory."""

    def __init__(self, file: File) -> None:
        self._file = file
        self._kept = b""

    def write(self, data: bytes) -> None:
        self._kept += data
        if len(self._kept) > KEPT_BYTES:
            self._flush()

    def _flush(self) -> None:
        kept, self._kept = self._kept, b""
        if kept:
            self._file.write(kept)

    def read_at(self, offset: int, size: int) -> bytes:
        there = self._file.size()
        head = self._file.read_at(offset, size) if offset < there else b""
        start = max(0, offset - there)
        return head + self._kept[start : start + size - len(head)]

    def size(self) -> int:
        return self._file.size() + len(self._kept)

    def truncate(self, size: int) -> None:
        self._flush()
        self._file.truncate(size)

    def sync(self) -> None:
        self._flush()
        self._file.sync()

    def close(self) -> None:
        self._flush()
        self._file.close()


class LazyLog(SegmentedLog):
    """A log whose active segment is written lazily."""

    def _begin_segment(self, base: int) -> None:
        super()._begin_segment(base)
        self._make_lazy(self.segments[-1])

    def _activate(self, segment: Segment) -> None:
        super()._activate(segment)
        self._make_lazy(segment)

    @staticmethod
    def _make_lazy(segment: Segment) -> None:
        if segment.file is not None and not isinstance(segment.file, LazyFile):
            segment.file = LazyFile(segment.file)


PARTS = Parts(log=LazyLog)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
