"""Disks that are full or refuse: told before a site stands, in one sentence."""

import errno
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from harness.environments.errors import EnvironmentUnavailable
from harness.environments.site.room import check_room, disk_told

Usage = namedtuple("Usage", ["total", "used", "free"])


def test_a_disk_with_room_is_fine_also_for_a_folder_that_is_not_there(tmp_path: Path) -> None:
    check_room(tmp_path / "not" / "yet", "a site", "elsewhere")


def test_a_full_disk_is_told_with_what_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(9, 9, 3 * 1024**2))
    with pytest.raises(EnvironmentUnavailable) as refused:
        check_room(tmp_path / "sites", "a site", "name another folder with XDG_STATE_HOME")
    assert str(refused.value) == (
        f"There is no room for a site in {tmp_path}/sites: 3 MiB are free, 50 are needed. "
        "Free some, or name another folder with XDG_STATE_HOME"
    )


def test_what_a_disk_refuses_is_told_with_the_place(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EnvironmentUnavailable) as refused, disk_told(tmp_path, "Mend it"):
        (tmp_path / "file" / "folder").mkdir()
    assert str(refused.value) == (
        f"The site's files cannot be written: Not a directory, at {tmp_path}/file/folder. Mend it"
    )


def test_a_disk_that_fills_up_in_the_middle_names_the_folder(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentUnavailable, match=f"at {tmp_path}"), disk_told(tmp_path, "Mend"):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_errors_of_networks_are_not_told_as_those_of_disks(tmp_path: Path) -> None:
    with pytest.raises(ConnectionRefusedError), disk_told(tmp_path, "Mend it"):
        raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
