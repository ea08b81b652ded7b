"""A stream manager that takes the place of ours is looked for before anything is stood up."""

import sys
from pathlib import Path

import pytest

from harness.environments.errors import EnvironmentUnavailable
from harness.environments.site.replacement import check_command


@pytest.mark.parametrize("command", [None, f"{sys.executable} -m anything", "sh -c 'exit 1'"])
def test_what_can_be_run_is_fine(command: str | None) -> None:
    check_command(command)


def test_a_relative_path_counts_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "server").write_text("#!/bin/sh\n")
    (tmp_path / "server").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    check_command("./server --flag")


@pytest.mark.parametrize("program", ["/no/such/server", "no-such-server", "/etc/passwd", "/"])
def test_a_program_that_is_not_there_is_named(program: str) -> None:
    with pytest.raises(EnvironmentUnavailable) as refused:
        check_command(f"{program} --flag")
    assert f"cannot be run: there is no program {program}. " in str(refused.value)
