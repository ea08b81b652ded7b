"""A stream manager that takes the place of ours is looked for before anything is stood up."""

import sys
from pathlib import Path

import pytest

from harness.environments.errors import EnvironmentUnavailable
from harness.environments.site.replacement import check_command

MODULE = f"{sys.executable} -m system.stream_manager.canary"


@pytest.mark.parametrize(
    "command", [MODULE, f"{sys.executable} no_file.py", "sh -c 'exit 1'", "sh -m no_module"]
)
def test_what_can_be_run_is_fine(command: str) -> None:
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


@pytest.mark.parametrize("module", ["no_such_module", "system.no_such_module", "no_such.module"])
def test_a_module_that_is_not_there_is_named(module: str) -> None:
    with pytest.raises(EnvironmentUnavailable) as refused:
        check_command(f"{sys.executable} -m {module} --flag")
    assert f"cannot be run: {sys.executable} finds no module {module}. " in str(refused.value)


def test_a_module_of_the_folder_where_we_are_is_found_and_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_server.py").write_text("open('ran', 'w')")
    monkeypatch.chdir(tmp_path)
    check_command(f"{sys.executable} -m my_server")
    assert [each.name for each in tmp_path.iterdir()] == ["my_server.py"]
