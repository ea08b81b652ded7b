"""What is put in the place of our stream manager is looked at where it would run, before anything stands."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.environments.containers.replacement import check_command
from harness.environments.containers.standing import stand_up
from harness.environments.containers.topology import Recipe
from harness.environments.errors import EnvironmentUnavailable
from harness.environments.site.register import Register

from ..example_site import plan_of, remains  # noqa: TID252 - tests are no package that could be named

IMAGE = "core:1"
PYTHON = sys.executable


class Engine:
    """Runs here what a container would."""

    def start(self, recipe: Recipe) -> SimpleNamespace:
        assert recipe.image == IMAGE
        entry_point: list[str] = recipe.settings["entrypoint"]  # type: ignore[assignment]
        ran = subprocess.run(
            [*entry_point, *recipe.command],
            cwd=str(recipe.settings["working_dir"]),
            capture_output=True,
            check=False,
        )
        return SimpleNamespace(
            container=SimpleNamespace(wait=lambda: {"StatusCode": ran.returncode})
        )


def check(command: str, place: Path) -> None:
    check_command(cast(Any, Engine()), command, IMAGE, place)


def refused(command: str, place: Path) -> EnvironmentUnavailable:
    with pytest.raises(EnvironmentUnavailable) as unavailable:
        check(command, place)
    return unavailable.value


def test_what_can_be_run_there_is_fine(tmp_path: Path) -> None:
    (tmp_path / "my_server.py").write_text("open('ran', 'w')")
    for command in (f"{PYTHON} -m my_server --flag", f"{PYTHON} no_file.py", "sh -c 'exit 1'"):
        check(command, tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["my_server.py"]


@pytest.mark.parametrize("command", ["my-server --flag", "my-server -m module"])
def test_a_program_that_is_not_there_is_named(command: str, tmp_path: Path) -> None:
    why = "in the core's container there is no program my-server"
    assert refused(command, tmp_path).what.endswith(f"cannot be run: {why}")


@pytest.mark.parametrize("module", ["no_such_module", "no_such.module"])
def test_a_module_that_is_not_there_is_named(module: str, tmp_path: Path) -> None:
    unavailable = refused(f"{PYTHON} -m {module}", tmp_path)
    why = f"in the core's container {PYTHON} finds no module {module}"
    assert unavailable.what.endswith(f"cannot be run: {why}")
    assert str(tmp_path) in unavailable.mend


@pytest.mark.docker
@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("my-server --flag", "there is no program my-server"),
        ("python -m no_such_module", "python finds no module no_such_module"),
    ],
)
def test_what_the_core_s_container_does_not_have_is_told_before_anything_stands(
    register: Register, tmp_path: Path, command: str, why: str
) -> None:
    with pytest.raises(EnvironmentUnavailable, match=why):
        stand_up(
            plan_of(tmp_path),
            directory=tmp_path / "run",
            progress=print,
            stream_manager=command,
            register=register,
        ).close()
    assert remains(register) == []
