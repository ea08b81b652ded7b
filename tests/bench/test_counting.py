from pathlib import Path

from bench.servers.counting import CountingFileSystem, counted


def test_each_wait_of_any_file_is_counted(tmp_path: Path) -> None:
    disk = CountingFileSystem(tmp_path)
    files = [disk.open(name, create=True) for name in ("a", "b")]
    assert counted(tmp_path) == 0
    for file in (*files, files[0]):
        file.write(b"x")
        file.sync()
    assert counted(tmp_path) == 3
    for file in files:
        file.close()
