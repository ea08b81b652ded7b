"""The workflows for GitHub Actions, as far as they can be looked at without it."""

import re
import shlex
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.commands.nightly import command

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))


def jobs(file: Path) -> Iterator[Any]:
    yield from yaml.safe_load(file.read_text())["jobs"].values()


def steps(file: Path) -> Iterator[Any]:
    for job in jobs(file):
        yield from job["steps"]


def test_there_is_one_for_changes_and_one_for_nights() -> None:
    assert [file.name for file in FILES] == ["ci.yml", "nightly.yml"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_actions_are_pinned_and_jobs_may_little_and_end(file: Path) -> None:
    used = [step["uses"] for step in steps(file) if "uses" in step]
    assert [each for each in used if not re.fullmatch(r"actions/[\w/-]+@v\d+", each)] == []
    assert yaml.safe_load(file.read_text())["permissions"] == {"contents": "read"}
    assert all(job["timeout-minutes"] <= 360 for job in jobs(file))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_nothing_that_somebody_typed_is_part_of_a_script(file: Path) -> None:
    scripts = [step["run"] for step in steps(file) if "run" in step]
    assert [each for each in scripts if "${{" in each] == []


def test_every_environment_of_tests_runs_somewhere() -> None:
    tox = ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini")
    of_tests = {
        section.removeprefix("testenv:")
        for section in tox.sections()
        if re.search(r"\bpytest\b", tox[section].get("commands", ""))
    }
    # What changes go through is a script, which runs what README says as well.
    callers = [*FILES, ROOT / ".ci" / "run", ROOT / "README.md"]
    assert any(".ci/run" in step.get("run", "") for step in steps(FOLDER / "ci.yml"))
    called = [
        name
        for file in callers
        for names in re.findall(r"\btox run -e ([\w,-]+)", file.read_text())
        for name in names.split(",")
    ]
    assert {"tests", "tests-nightly"} <= of_tests <= set(called)


def test_the_night_is_started_with_options_that_there_are() -> None:
    scripts = "\n".join(step.get("run", "") for step in steps(FOLDER / "nightly.yml"))
    assert "tox run -e nightly -- " in scripts
    night = next(
        step["run"] for step in steps(FOLDER / "nightly.yml") if step.get("name") == "the night"
    )
    words = [word.strip("()") for word in shlex.split(night.replace("\n", " "), posix=False)]
    given = {word.removeprefix("options=(").removeprefix("options+=(") for word in words}
    asked = {word for word in given if word.startswith("--") and len(word) > 2}
    known = {option for each in command.params for option in each.opts}
    assert {"--previous", "--environment"} <= asked <= known
