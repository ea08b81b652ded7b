"""`stream-chaos zoo` as its users run it."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.commands.outcome import CommandFailed, ExitStatus
from harness.commands.zoo import command

PAGE = Path(__file__).parents[3] / "docs/reference/zoo.md"


def zoo(*words: str) -> tuple[ExitStatus, str]:
    """Its status and what it said."""
    ran = CliRunner().invoke(command, words, standalone_mode=False)
    if ran.exception is not None:
        raise ran.exception
    assert isinstance(ran.return_value, ExitStatus)
    return ran.return_value, ran.output


def test_a_broken_one_is_caught() -> None:
    status, said = zoo("answers_itself", "--seeds", "1", "--jobs", "1")
    assert status is ExitStatus.VALID
    assert "must be caught by loss; caught with 1 run" in said
    assert "Caught: 1 of 1 broken ones (100%)." in said


def test_a_name_that_nobody_has_is_told_with_those_that_there_are() -> None:
    with pytest.raises(CommandFailed, match=r"drops_a_bat\b.*There are:.* drops_a_batch"):
        zoo("drops_a_bat")


def test_a_page_of_some_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="leave the names out"):
        zoo("drops_a_batch", "--write", str(tmp_path / "zoo.md"))


OURS = "system.stream_manager.composition:Parts"


def test_somebodys_own_is_judged_in_every_scenario_by_as_many_as_are_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("harness.commands.zoo.scenarios", lambda: ["short_outage", "short_kill"])
    status, said = zoo("--stream-manager", OURS, "--seeds", "1", "--jobs", "2")
    assert status is ExitStatus.VALID
    assert [line.split()[:2] for line in said.splitlines()[:2]] == [
        ["valid", "short_outage"],
        ["valid", "short_kill"],
    ]
    assert f"{OURS} is accused by nobody" in said


def test_somebodys_own_is_not_judged_beside_inhabitants() -> None:
    with pytest.raises(CommandFailed, match="leave the names out"):
        zoo("drops_a_batch", "--stream-manager", OURS)


@pytest.mark.nightly
@pytest.mark.timeout(7200)
def test_the_page_tells_what_is_found_today(tmp_path: Path) -> None:
    status, said = zoo("--write", str(tmp_path / "zoo.md"))
    assert status is ExitStatus.VALID, said
    assert (tmp_path / "zoo.md").read_text() == PAGE.read_text()
