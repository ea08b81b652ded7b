"""A log in a folder of its own, on a disk that can lose power."""

import pytest

from system.stream_manager.log.format import RECORD_OVERHEAD_BYTES, segment_name
from system.stream_manager.log.segmented import SegmentedLog

SEGMENT = 100
# With its overhead a payload of this size takes a quarter of a segment.
QUARTER = SEGMENT // 4 - RECORD_OVERHEAD_BYTES
MANY = 10**9


class Site:
    """A folder with a log in it, and what its operator was told."""

    def __init__(self, disk):
        self.disk = disk
        self.warnings = []
        disk.make_folder("s")
        self.log = self.opened()

    def opened(self):
        return SegmentedLog(self.disk, "s/log", name="S", warn=self.warnings.append)

    def reopen(self):
        """As after a kill: nothing was closed, everything written is there."""
        self.disk.open_files.clear()
        self.log = self.opened()

    def append(self, count=1, size=QUARTER):
        return [
            self.log.append(bytes([65 + n % 26]) * size, 1000 + n, segment_size=SEGMENT)
            for n in range(count)
        ]

    def files(self):
        return [int(name.partition(".")[0]) for name in self.disk.names("s/log")]

    def path(self, base):
        return f"s/log/{segment_name(base)}"

    def numbers(self, start=0, limit=MANY, bytes_max=MANY):
        return [record.sequence_number for record in self.log.read(start, limit, bytes_max)]


@pytest.fixture
def site(simulated_disk):
    return Site(simulated_disk)
