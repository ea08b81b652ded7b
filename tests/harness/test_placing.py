"""Files and folders are put in one step, and nothing that was there is written over by chance."""

from pathlib import Path

import pytest

from harness import placing
from harness.placing import LATEST, fresh_folder, point_latest, put


def test_a_file_takes_the_place_of_the_one_that_was_there(tmp_path: Path) -> None:
    put(tmp_path, "report.json", "old")
    put(tmp_path, "report.json", "new")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["new"]


def test_what_is_no_text_is_told_all_the_same(tmp_path: Path) -> None:
    put(tmp_path, "report.html", "a site said \udcff")
    assert (tmp_path / "report.html").read_text() == "a site said \\udcff"


def test_a_second_folder_of_a_name_has_a_number(tmp_path: Path) -> None:
    names = [fresh_folder(tmp_path / "runs", "night").name for _ in range(3)]
    assert names == ["night", "night-2", "night-3"]


def test_too_many_of_a_name_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "NAMESAKES_MAX", 2)
    fresh_folder(tmp_path, "night")
    with pytest.raises(FileExistsError, match="folders called night; remove some"):
        fresh_folder(tmp_path, "night")


def test_latest_leads_to_the_newest_folder(tmp_path: Path) -> None:
    for name in ("one", "two"):
        point_latest(fresh_folder(tmp_path, name))
    assert (tmp_path / LATEST).resolve().name == "two"
    assert sorted(path.name for path in tmp_path.iterdir()) == [LATEST, "one", "two"]


def test_a_folder_that_is_called_latest_stays_and_no_link_beside_it(tmp_path: Path) -> None:
    (tmp_path / LATEST).mkdir()
    point_latest(fresh_folder(tmp_path, "one"))
    assert not (tmp_path / LATEST).is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == [LATEST, "one"]
