from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.scenario.loader import load

Chaos = Callable[..., Any]


def test_a_fresh_scenario_is_sound_beyond_doubt_and_explains_itself(
    chaos: Chaos, tmp_path: Path
) -> None:
    ended = chaos("init", "mine")
    assert ended.status == 0
    assert "stream-chaos run scenarios/mine.yaml" in ended.output
    file = tmp_path / "scenarios" / "mine.yaml"
    assert load(file).warnings == ()
    assert file.read_text().count("# ") > 8


def test_the_steps_that_its_comments_suggest_are_sound_too(chaos: Chaos, tmp_path: Path) -> None:
    chaos("init", "mine")
    file = tmp_path / "scenarios" / "mine.yaml"
    head, tail = file.read_text().split("steps:\n")
    suggested = [line.removeprefix("# ") for line in head.splitlines() if line.startswith("#   -")]
    (outage,) = [line for line in tail.splitlines() if line.startswith("  - {name: outage")]
    file.write_text(f"{head}steps:\n" + "\n".join([outage, *suggested]) + tail.split(outage)[1])
    assert len(suggested) == 3
    assert len(load(file).scenario.steps) == 4


def test_a_file_that_is_there_is_left_alone(chaos: Chaos, tmp_path: Path) -> None:
    file = tmp_path / "scenarios" / "mine.yaml"
    file.parent.mkdir()
    file.write_text("precious")
    ended = chaos("init", "mine")
    assert (ended.status, file.read_text()) == (2, "precious")
    assert "is there already" in ended.errors


@pytest.mark.parametrize("name", ["Mine", "../mine", "1st", "a b", ""])
def test_a_name_that_cannot_be_a_scenarios_is_refused(name: str, chaos: Chaos) -> None:
    ended = chaos("init", name)
    assert ended.status == 2
    assert "cannot be the name" in ended.errors


def test_a_folder_that_cannot_be_written_is_told(chaos: Chaos, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    ended = chaos("init", "mine", "--folder", "taken/inside")
    assert ended.status == 2
    assert "cannot be written" in ended.errors
