"""What CI runs on a new machine, with stand-ins for all that it runs: nothing is left behind, however it ends."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

SCRIPT = Path(__file__).parents[3] / ".ci" / "run"
README = "## Quick start\n\n```sh\necho the main job\n```\n\n```sh\necho the tests\n```\n"
INSTALLED = ["chromium", "chromedriver", "iptables", "debootstrap", "docker-registry"]
PASSED_S = 120.0


@dataclass(frozen=True)
class Machine:
    """A folder that the script runs in, and programs that only pretend."""

    folder: Path

    def program(self, name: str, lines: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{lines}\n")
        path.chmod(0o755)

    def run(self) -> "subprocess.CompletedProcess[str]":
        path = f"{self.folder / 'bin'}:/usr/sbin:/usr/bin:/sbin:/bin"
        return subprocess.run(
            [self.folder / ".ci" / "run"],
            env={"PATH": path, "TMPDIR": str(self.folder)},
            capture_output=True,
            text=True,
            timeout=PASSED_S,
        )

    def ended(self, name: str) -> bool:
        """Whether what wrote its number down does not run any more."""
        return not psutil.pid_exists(int((self.folder / name).read_text()))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    (tmp_path / ".ci").mkdir()
    shutil.copy(SCRIPT, tmp_path / ".ci" / "run")
    (tmp_path / "README.md").write_text(README)
    for name in INSTALLED:
        made.program(f"bin/{name}", "exit 0")
    made.program("bin/id", "echo 0")
    # An engine answers once there is one.
    made.program("bin/dockerd", f"echo $$ >{tmp_path}/engine\nexec sleep 600")
    made.program("bin/docker", f"test -s {tmp_path}/engine")
    made.program(".venv/bin/tox", "echo tox $*")
    return made


def builds(machine: Machine, lines: str) -> None:
    pid = machine.folder / "images"
    machine.program(".tox/scenarios/bin/stream-chaos", f"echo built\necho $$ >{pid}\n{lines}")


def test_all_steps_are_taken_and_the_engine_ends(machine: Machine) -> None:
    builds(machine, "exit 0")
    done = machine.run()
    assert done.returncode == 0, done.stdout + done.stderr
    for step in ("the tests", "tox run -e lint,types", "images are built", "the main job"):
        assert step in done.stdout
    assert "tox run -e tests-containers" in done.stdout
    assert "not finished" not in done.stdout
    assert machine.ended("engine")


def test_when_lint_fails_neither_the_build_of_images_nor_the_engine_stays(machine: Machine) -> None:
    builds(machine, "exec sleep 600")
    lint = f"case $* in *lint*) while ! test -s {machine.folder}/images; do sleep 0.1; done; exit 7;; esac"
    machine.program(".venv/bin/tox", lint)
    done = machine.run()
    assert done.returncode == 7, done.stdout + done.stderr
    assert "the images were not finished" in done.stdout and "built" in done.stdout
    assert machine.ended("images") and machine.ended("engine")


def test_images_that_cannot_be_built_are_told_and_end_it(machine: Machine) -> None:
    builds(machine, "echo no space left\nexit 3")
    done = machine.run()
    assert done.returncode == 1
    assert "no space left" in done.stdout and "the main job" not in done.stdout
    assert machine.ended("engine")
