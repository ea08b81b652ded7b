"""What the port to the disk promises: one body for the machine's disk, the one in memory and the tests' own."""

import errno
import os
import stat
from pathlib import Path

import pytest

from system.real.filesystem import RealFileSystem
from system.stream_manager.log.memory import MemoryFileSystem

DESCRIPTORS = Path("/proc/self/fd")


@pytest.fixture(params=["real", "memory", "simulated"])
def disk(request, tmp_path, simulated_disk):
    editions = {
        "real": RealFileSystem(tmp_path),
        "memory": MemoryFileSystem(),
        "simulated": simulated_disk,
    }
    return editions[request.param]


@pytest.fixture
def real(tmp_path):
    return RealFileSystem(tmp_path)


@pytest.fixture
def file(disk):
    disk.make_folder("a")
    opened = disk.open("a/f", create=True)
    yield opened
    opened.close()


# -- files -------------------------------------------------------------------------------------


def test_a_file_grows_at_its_end(file):
    file.write(b"abc")
    file.write(b"de")

    assert file.size() == 5
    assert file.read_at(0, 5) == b"abcde"


@pytest.mark.parametrize(
    ("offset", "size", "found"), [(1, 2, b"bc"), (2, 9, b"c"), (3, 1, b""), (9, 1, b"")]
)
def test_reading_gives_what_there_is(file, offset, size, found):
    file.write(b"abc")

    assert file.read_at(offset, size) == found


def test_reading_does_not_move_the_end(file):
    file.write(b"abc")
    file.read_at(0, 1)
    file.write(b"d")

    assert file.read_at(0, 9) == b"abcd"


def test_a_file_that_was_cut_grows_at_its_new_end(file):
    file.write(b"abcdef")
    file.truncate(2)
    file.write(b"x")

    assert (file.size(), file.read_at(0, 9)) == (3, b"abx")


def test_syncing_changes_nothing_that_is_seen(file, disk):
    file.write(b"abc")
    file.sync()
    disk.sync_folder("a")

    assert disk.read("a/f") == b"abc"


def test_a_file_that_is_opened_again_goes_on(disk):
    disk.make_folder("a")
    for part in (b"ab", b"cd"):
        file = disk.open("a/f", create=True)
        file.write(part)
        file.close()

    again = disk.open("a/f")
    assert (again.size(), again.read_at(0, 9)) == (4, b"abcd")
    again.close()


def test_two_handles_see_the_same_file(disk, file):
    file.write(b"abc")
    other = disk.open("a/f")

    assert other.read_at(0, 9) == b"abc"
    other.close()


def test_a_file_that_is_not_there_is_not_made_by_opening_it(disk):
    disk.make_folder("a")
    with pytest.raises(OSError, match="a/none"):
        disk.open("a/none")
    assert disk.names("a") == []


# -- folders -----------------------------------------------------------------------------------


def test_names_are_sorted_and_those_of_one_folder(disk):
    disk.make_folder("a/c")
    for path in ("a/b", "a/a", "a/c/x"):
        disk.open(path, create=True).close()

    assert disk.names("a") == ["a", "b", "c"]
    assert disk.names("a/c") == ["x"]


def test_the_root_has_names_too(disk):
    disk.make_folder("a")
    for path in ("a/f", "g"):
        disk.replace(path, b"x")

    assert disk.names("") == ["a", "g"]


def test_a_folder_that_is_not_there_has_no_names(disk):
    assert disk.names("none") == []


def test_folders_are_made_with_those_above_them_and_once(disk):
    disk.make_folder("a/b")
    disk.make_folder("a/b")
    disk.open("a/b/f", create=True).close()

    assert disk.exists("a/b/f") and disk.exists("a/b") and disk.exists("a")
    assert not disk.exists("b")


def test_a_removed_file_is_gone(disk, file):
    disk.open("a/g", create=True).close()
    disk.remove("a/g")

    assert disk.names("a") == ["f"]


def test_a_removed_folder_is_gone_with_all_that_is_in_it(disk):
    disk.make_folder("a/b")
    disk.open("a/b/f", create=True).close()
    disk.open("ab", create=True).close()
    disk.remove_folder("a")

    assert not disk.exists("a/b/f") and not disk.exists("a")
    assert disk.exists("ab")


def test_a_folder_is_renamed_with_all_that_is_in_it(disk):
    disk.make_folder("a/b")
    disk.make_folder("c")
    disk.replace("a/b/f", b"x")
    disk.rename("a/b", "c/d")

    assert disk.read("c/d/f") == b"x"
    assert not disk.exists("a/b/f")


def test_a_file_is_renamed(disk):
    disk.replace("f", b"x")
    disk.rename("f", "g")

    assert disk.read("g") == b"x" and not disk.exists("f")


# -- replacing ---------------------------------------------------------------------------------


@pytest.mark.parametrize("durable", [True, False])
def test_a_file_gets_new_content_in_one_step(disk, durable):
    disk.make_folder("a")
    for data in (b"old and longer", b"new"):
        disk.replace("a/f", data, durable=durable)
        assert disk.read("a/f") == data
    assert disk.names("a") == ["f"]


def test_whoever_has_the_old_file_open_keeps_it(disk):
    disk.replace("f", b"old")
    old = disk.open("f")
    disk.replace("f", b"new")

    assert old.read_at(0, 9) == b"old"
    old.close()


def test_a_file_that_is_not_there_can_be_neither_read_nor_removed(disk):
    with pytest.raises(OSError, match="none"):
        disk.remove("none")
    with pytest.raises(OSError, match="none"):
        disk.read("none")


# In memory folders are only the beginnings of paths: one that is not there is an empty one.
@pytest.mark.parametrize("disk", ["real", "simulated"], indirect=True)
def test_a_folder_that_is_not_there_can_be_neither_removed_nor_renamed(disk):
    with pytest.raises(OSError, match="none"):
        disk.remove_folder("none")
    with pytest.raises(OSError, match="none"):
        disk.rename("none", "other")


# -- the machine's disk alone --------------------------------------------------------------------


def test_what_is_stored_is_for_its_owner_alone(real, tmp_path):
    real.open("f", create=True).close()
    real.replace("g", b"x")

    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in "fg"] == [0o600, 0o600]


@pytest.mark.parametrize("partial", [0, 2])
def test_of_a_write_that_fails_nothing_is_left(real, monkeypatch, partial):
    file = real.open("f", create=True)
    file.write(b"before")
    write, sizes = os.pwrite, [partial] if partial else []

    def filling_up(descriptor, data, offset):
        if not sizes:
            raise OSError(errno.ENOSPC, "no space left")
        return write(descriptor, data[: sizes.pop()], offset)

    with monkeypatch.context() as patched, pytest.raises(OSError, match="no space"):
        patched.setattr(os, "pwrite", filling_up)
        file.write(b"xxxx")

    assert real.read("f") == b"before"
    file.write(b", after")
    assert real.read("f") == b"before, after"
    file.close()


def test_a_write_that_is_taken_in_parts_is_whole(real, monkeypatch):
    file = real.open("f", create=True)
    write = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda d, data, offset: write(d, data[:2], offset))
    file.write(b"abcde")
    file.close()

    assert real.read("f") == b"abcde"


def test_of_a_replacement_that_fails_the_old_file_is_left(real, tmp_path, monkeypatch):
    real.replace("f", b"old")

    def failing(_):
        raise OSError(errno.EIO, "the disk is broken")

    with monkeypatch.context() as patched, pytest.raises(OSError, match="broken"):
        patched.setattr(os, "fsync", failing)
        real.replace("f", b"new")

    assert real.read("f") == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f"]


def test_what_has_to_be_durable_is_synced_before_it_takes_its_place(real, tmp_path, monkeypatch):
    order = []
    sync = os.fsync

    def noting(descriptor):
        seen = (tmp_path / "a/f").exists()
        order.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        order.append("there" if seen else "not there")
        sync(descriptor)

    real.make_folder("a")
    monkeypatch.setattr(os, "fsync", noting)
    real.replace("a/f", b"x")
    assert order == ["file", "not there", "folder", "there"]
    order.clear()
    real.replace("a/f", b"y", durable=False)
    assert order == []


def test_nothing_stays_open(real):
    before = len(list(DESCRIPTORS.iterdir()))
    real.make_folder("a")
    real.replace("a/f", b"x")
    file = real.open("a/f")
    real.names("a")
    real.sync_folder("a")
    file.close()

    assert len(list(DESCRIPTORS.iterdir())) == before
