"""`stream-chaos explore`, `shrink`, `compare` and `run --check-determinism`, with short scenarios."""

import json
from pathlib import Path

import pytest
import yaml

from harness import cli
from harness.scenario.loader import load

ROOT = Path(__file__).parents[3]
BROKEN = "harness.zoo.stream_managers.drops_a_batch:PARTS"
SHORT = ["--length", "30s"]
SOUND, UNPROVEN = ["--from", "5"], ["--from", "6"]
"""Seeds: of one that is valid with ours, and of one in which too little happens for that."""


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    return tmp_path / "reports"


def explore(reports: Path, *options: str) -> int:
    return cli.run(["explore", *SHORT, "--jobs", "1", "--reports", str(reports), *options])


def resume(folder: Path, *options: str) -> int:
    words = ["explore", "--resume", str(folder), "--jobs", "1", *options]
    return cli.run([*words, "--reports", str(folder.parents[1])])


def found(reports: Path) -> dict:  # type: ignore[type-arg]
    return json.loads((reports / "explore/latest/explore.json").read_text())


def test_a_sound_server_does_not_fail(reports: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explore(reports, *SOUND, "--seeds", "2") == 0
    assert found(reports)["verdicts"] == {"unknown": 1, "valid": 1}
    assert found(reports)["failures"] == []
    assert "none failed" in capsys.readouterr().out
    assert (reports / "explore/latest/explore.html").is_file()


def test_nothing_is_proven_where_not_one_scenario_is_valid(reports: Path) -> None:
    assert explore(reports, *UNPROVEN, "--seeds", "1") == 3
    assert found(reports)["verdicts"] == {"unknown": 1}


def test_a_broken_server_is_found_and_its_scenario_is_shrunk_to_a_file_that_fails_alike(
    reports: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = ["--stream-manager", BROKEN]
    assert explore(reports, "--until-failure", *broken) == 1
    (failure, *_) = found(reports)["failures"]
    assert "loss" in failure["accused_by"]
    file, shorter = reports / "explore/latest" / failure["file"], tmp_path / "shorter.yaml"
    assert cli.run(["shrink", str(file), "-o", str(shorter), "--tries", "40", *broken]) == 0
    assert "written" in capsys.readouterr().out
    scenario = load(shorter).scenario
    assert len(scenario.steps) <= 1
    assert "loss" in scenario.description
    options = ["--environment", "simulated", "--reports", str(reports)]
    assert cli.run(["run", str(shorter), *options, *broken]) == 1
    assert cli.run(["run", str(shorter), *options]) in (0, 3)


def test_what_does_not_fail_cannot_be_shrunk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = ROOT / "tests/end_to_end/scenarios/quick.yaml"
    assert cli.run(["shrink", str(file), "-o", str(tmp_path / "shorter.yaml")]) == 3
    assert "Nothing fails" in capsys.readouterr().err


def test_a_file_that_could_be_no_scenario_is_refused_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["shrink", str(tmp_path), "-o", str(tmp_path / "Not-a-name.yaml")]) == 2
    assert "no name of a scenario" in capsys.readouterr().err


def test_an_exploration_is_gone_on_with(reports: Path) -> None:
    assert explore(reports, *SOUND, "--seeds", "2") == 0
    folder = (reports / "explore/latest").resolve()
    journal = folder / "journal.jsonl"
    head, first, _ = journal.read_text().splitlines()
    journal.write_text(f"{head}\n{first}\n")
    assert resume(folder) == 0
    assert len(journal.read_text().splitlines()) == 3
    assert found(reports)["scenarios"] == 2
    assert resume(folder, "--seeds", "3") == 0
    assert found(reports)["scenarios"] == 3
    assert resume(folder, "--seeds", "3") == 2


@pytest.mark.parametrize(
    "settled", [["--from", "7"], ["--length", "30s"], ["--stream-manager", BROKEN]]
)
def test_what_an_exploration_was_begun_with_is_not_chosen_anew(
    settled: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder := tmp_path / "explore/then").mkdir(parents=True)
    assert resume(folder, *settled) == 2
    assert f"{settled[0]} cannot be chosen anew" in capsys.readouterr().err


def test_one_that_ended_at_a_time_is_repeated_by_its_number_of_scenarios(
    reports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explore(reports, *SOUND, "--for", "0s") == 3
    folder = (reports / "explore/latest").resolve()
    assert found(reports)["scenarios"] == 0
    assert resume(folder) == 2
    assert "--for or --seeds" in capsys.readouterr().err
    assert resume(folder, "--seeds", "1") == 0
    assert found(reports)["repeat"].endswith("--from 5 --length 30s --seeds 1")


def test_a_folder_without_a_journal_is_not_gone_on_with(
    reports: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder := tmp_path / "explore/then").mkdir(parents=True)
    assert resume(folder) == 2
    assert "no journal" in capsys.readouterr().err


def test_a_cluster_does_it_as_well(reports: Path) -> None:
    assert explore(reports, *SOUND, "--seeds", "2", "--dask", "local") == 0
    assert found(reports)["scenarios"] == 2


@pytest.fixture
def quick(tmp_path: Path) -> Path:
    text = (ROOT / "tests/end_to_end/scenarios/quick.yaml").read_text()
    data = {**yaml.safe_load(text), "environments": ["simulated"]}
    file = tmp_path / "quick.yaml"
    file.write_text(yaml.safe_dump(data))
    return file


def test_two_runs_tell_the_same(
    quick: Path, reports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--environment", "simulated", "--check-determinism", "--reports", str(reports)]
    assert cli.run(["run", str(quick), *options]) == 0
    assert "a second run told the same" in capsys.readouterr().out


def test_what_is_not_the_same_twice_cannot_be_checked(
    quick: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["run", str(quick), "--check-determinism"]) == 2
    assert "--environment simulated" in capsys.readouterr().err


def test_an_edition_is_like_itself(
    quick: Path, reports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--environments", "simulated,simulated", "--reports", str(reports)]
    assert cli.run(["compare", str(quick), *options]) == 0
    assert "every verdict, every reading" in capsys.readouterr().out
    (file,) = (reports / "compare/quick").iterdir()
    assert json.loads(file.read_text())["same"] is True


def test_a_scenario_that_does_not_run_in_an_edition_is_not_compared_there(
    quick: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["compare", str(quick)]) == 2
    assert "does not run in local" in capsys.readouterr().err
