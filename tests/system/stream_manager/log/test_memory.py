"""What is particular to the disk in memory; what every disk does is tested once for all of them."""

from system.stream_manager.log.memory import MemoryFileSystem
from system.stream_manager.log.segmented import SegmentedLog


def log_in(disk, folder):
    return SegmentedLog(disk, folder, name="S", warn=lambda line: None)


def test_logs_in_folders_of_their_own_do_not_mix():
    disk = MemoryFileSystem()
    logs = {folder: log_in(disk, folder) for folder in ("s/log", "s/log2", "s")}
    for folder, log in logs.items():
        log.append(folder.encode(), 0, segment_size=1000)

    for folder, log in logs.items():
        assert [each.payload for each in log.read(0, 9, 999)] == [folder.encode()]


def test_a_log_is_found_again_as_long_as_the_process_lives():
    disk = MemoryFileSystem()
    log_in(disk, "log").append(b"x", 7, segment_size=1000)

    (record,) = log_in(disk, "log").read(0, 9, 999)
    assert (record.sequence_number, record.ingest_time_ms, record.payload) == (0, 7, b"x")


def test_folders_are_only_the_beginnings_of_paths():
    disk = MemoryFileSystem()
    disk.make_folder("a")

    assert not disk.exists("a")
    disk.remove_folder("a")
    disk.rename("a", "b")
    disk.sync_folder("a")
    assert disk.names("") == []
    disk.sync_folder("")
