"""What a record weighs decides when a segment and a stream are full, before and after a restart."""

from pathlib import Path

import pytest

from harness.zoo.charging import charging
from system.real.filesystem import RealFileSystem
from system.stream_manager.log.format import RECORD_OVERHEAD_BYTES
from system.stream_manager.log.segmented import SegmentedLog

PAYLOAD = b"x" * 100
OVERHEADS = (0, RECORD_OVERHEAD_BYTES, 64)


def open_log(folder: Path, overhead: int) -> SegmentedLog:
    make = charging(overhead)
    return make(RealFileSystem(folder), "log", name="log", warn=pytest.fail)


@pytest.mark.parametrize("overhead", OVERHEADS)
def test_a_segment_holds_what_fits_by_weight(tmp_path: Path, overhead: int) -> None:
    log = open_log(tmp_path, overhead)
    weight = len(PAYLOAD) + overhead
    for _ in range(10):
        log.append(PAYLOAD, 1, segment_size=4 * weight)
    assert [len(each.positions) for each in log.segments] == [4, 4, 2]
    assert log.total_bytes == 10 * weight
    log.evict_oldest()
    assert log.total_bytes == 6 * weight
    log.sync()
    log.close()
    again = open_log(tmp_path, overhead)
    assert again.total_bytes == 6 * weight
    assert [each.payload for each in again.read(0, 100, 1 << 20)] == [PAYLOAD] * 6
    again.close()


def test_with_our_overhead_it_is_ours(tmp_path: Path) -> None:
    assert charging(RECORD_OVERHEAD_BYTES).record_size(7) == SegmentedLog.record_size(7)
