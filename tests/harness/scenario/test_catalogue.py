from collections.abc import Callable
from pathlib import Path

import pytest

from harness.scenario.catalogue import find, load_all
from harness.scenario.problems import BadScenario


def test_a_folder_means_its_scenarios_by_name_and_each_only_once(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    second, first = write("", "b"), write("", "a")
    (tmp_path / "notes.txt").write_text("")
    assert find([tmp_path, first]) == [first, second]


def test_a_folder_without_scenarios_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadScenario, match="has no scenario"):
        find([tmp_path])


def test_the_problems_of_all_files_are_told_together(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    write("", "a")
    write("- x", "b")
    with pytest.raises(BadScenario) as bad:
        load_all([tmp_path, tmp_path / "none.yaml"])
    assert [Path(each.file).stem for each in bad.value.problems] == ["a", "b", "none"]


SITE = "site: plant\nfunctions: [{name: A, folder: ., handler: a.main}]\n"


def test_a_site_file_beside_scenarios_is_none_of_them(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    write(SITE, "plant")
    scenario = write("scenario: a\nsite: {file: plant.yaml}\n", "a")
    assert find([tmp_path]) == [scenario]


def test_a_site_file_that_several_scenarios_name_is_told_of_once(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    write(SITE, "plant")
    for name in ("a", "b"):
        write(
            f"scenario: {name}\ndescription: x\nworkload: {{run_for: 20s}}\n"
            "site: {file: plant.yaml}\njudge: [loss]\n",
            name,
        )
    with pytest.raises(BadScenario) as bad:
        load_all([tmp_path])
    assert [Path(each.file).stem for each in bad.value.problems] == ["a", "plant", "b"]
