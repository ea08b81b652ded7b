from pathlib import Path

from bench.stores import filled, filled_to
from system.real.clock import RealClock
from system.real.filesystem import RealFileSystem
from system.stream_manager.store import StreamStore
from system.stream_manager.stream import Stream


def stream(store: Path) -> Stream:
    return StreamStore(RealFileSystem(store), RealClock(), print).require("S")


def test_a_store_is_filled_with_so_many_messages(tmp_path: Path) -> None:
    filled(tmp_path, messages=100, payload_bytes=16)
    found = stream(tmp_path)
    assert found.newest_sequence_number == 99
    assert found.total_bytes == 100 * (16 + 24)
    found.close()


def test_a_store_is_filled_to_the_limit_of_its_stream(tmp_path: Path) -> None:
    size = 16 << 20
    filled_to(tmp_path, size)
    found = stream(tmp_path)
    assert found.oldest_sequence_number == 0, "nothing was overwritten"
    assert size - 280 < found.total_bytes <= size == found.definition.max_size
    found.close()
