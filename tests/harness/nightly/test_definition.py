"""What a night runs is read from a file, and every mistake in it is told with its place."""

from pathlib import Path

import pytest

from harness.nightly.definition import Listed, read_definition
from harness.plan.compiling import compile_plan
from harness.scenario.loader import load
from harness.scenario.problems import BadScenario

from .conftest import LIBRARY

SHIPPED = Path(__file__).parents[3] / "scenarios" / "nightly" / "library.yaml"


def problems_of(folder: Path, text: str) -> list[str]:
    file = folder / "library.yaml"
    file.write_text(text)
    with pytest.raises(BadScenario) as caught:
        read_definition(file)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


@pytest.mark.parametrize("file", [SHIPPED, LIBRARY / "library.yaml"])
def test_the_libraries_that_are_there_are_sound(file: Path) -> None:
    assert read_definition(file).canaries


def test_the_shipped_library_has_the_main_job() -> None:
    listed = read_definition(SHIPPED).scenarios
    everywhere = [each.scenario for each in listed if len(each.environments) == 3]
    assert [Path(name).stem for name in everywhere] == [
        "cloud_outage",
        "overwrite_on_full",
        "priority_after_outage",
        "throughput_20hz",
        "ten_times",
    ]


@pytest.mark.parametrize("listed", read_definition(SHIPPED).scenarios, ids=lambda e: e.scenario)
def test_the_shipped_library_wants_each_scenario_where_it_can_run(listed: Listed) -> None:
    plan = compile_plan(load(SHIPPED.parent / listed.scenario).scenario, 1)
    assert set(listed.environments) == set(plan.environments)


def test_all_mistakes_are_told_at_once_with_their_places(tmp_path: Path) -> None:
    text = "scenarios: []\ncanarys: []\nlimit: soon\n"
    found = problems_of(tmp_path, text)
    assert len(found) == 3
    assert found[0].startswith("library.yaml:1:12: scenarios: ")
    assert "library.yaml:2:1: canarys: unknown key; did you mean `canaries`?" in found
    assert any(each.startswith("library.yaml:3:8: limit: ") for each in found)


def test_a_scenario_can_be_for_some_environments_only(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("")
    (tmp_path / "library.yaml").write_text(
        "scenarios: [one.yaml, {scenario: one.yaml, environments: [local]}]\n"
    )
    plain, restricted = read_definition(tmp_path / "library.yaml").scenarios
    assert set(plain.environments) == {"local", "containers", "simulated"}
    assert restricted.environments == ("local",)


def test_a_mistake_in_one_that_is_for_some_environments_only_is_told(tmp_path: Path) -> None:
    text = "scenarios:\n  - {scenario: missing.yaml, environments: [lokal]}\n"
    (found,) = problems_of(tmp_path, text)
    assert found.startswith("library.yaml:2:45: scenarios[0].environments[0]: ")
    assert "did you mean `local`?" in found
    text = "scenarios:\n  - {scenario: missing.yaml, environments: [local]}\n"
    assert problems_of(tmp_path, text) == [
        "library.yaml:2:16: scenarios[0].scenario: there is no missing.yaml beside library.yaml"
    ]


def test_a_file_that_is_not_there_is_told_where_it_is_named(tmp_path: Path) -> None:
    text = "scenarios:\n  - missing.yaml\ncanaries: [{scenario: bird.yaml, module: a.b}]\n"
    assert problems_of(tmp_path, text) == [
        "library.yaml:2:5: scenarios[0]: there is no missing.yaml beside library.yaml",
        "library.yaml:3:23: canaries[0].scenario: there is no bird.yaml beside library.yaml",
    ]


@pytest.mark.parametrize("text", ["- a list\n", "", "scenarios: [\n"])
def test_what_is_no_library_is_told(tmp_path: Path, text: str) -> None:
    (found,) = problems_of(tmp_path, text)
    assert found.startswith("library.yaml")


def test_a_library_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadScenario, match=r"cannot be read .* --library"):
        read_definition(tmp_path / "library.yaml")
