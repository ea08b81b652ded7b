"""The command line as its users run it, on short scenarios of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.environments.site.processes import marked
from harness.zoo.catalogue import SCENARIOS

HERE = Path(__file__).parent
ZOO = "harness.zoo.stream_managers"
FOLDERS = (HERE / "scenarios", SCENARIOS)
RUN_S = 240.0


@dataclass(frozen=True)
class Ran:
    """A finished `stream-chaos run` of one scenario."""

    status: int
    said: str
    folder: Path

    @property
    def report(self) -> dict[str, Any]:
        """`report.json`."""
        report: dict[str, Any] = json.loads((self.folder / "report.json").read_text())
        return report

    def verdict_of(self, checker: str) -> str:
        """What one checker said."""
        return next(e["verdict"] for e in self.report["checkers"] if e["name"] == checker)


RunScenario = Callable[..., Ran]


def scenario_file(name: str) -> Path:
    """A scenario of these tests or of the zoo."""
    return next(file for folder in FOLDERS if (file := folder / f"{name}.yaml").exists())


@pytest.fixture
def run_scenario(tmp_path: Path) -> RunScenario:
    """Runs `stream-chaos run` on a scenario beside this file, with a stream manager of the zoo if one is named."""

    def run(scenario: str, stream_manager: str | None = None) -> Ran:
        command = [
            *(sys.executable, "-m", "harness.cli", "run"),
            *(str(scenario_file(scenario)), "--reports", str(tmp_path)),
        ]
        if stream_manager is not None:
            command += ["--stream-manager", f"{sys.executable} -m {ZOO}.{stream_manager}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=RUN_S, check=False)
        said = done.stdout + done.stderr
        return Ran(done.returncode, said, tmp_path / scenario / "latest")

    return run


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    status: int
    output: str
    errors: str

    @property
    def said(self) -> str:
        """All that it wrote."""
        return self.output + self.errors


@dataclass
class User:
    """Somebody with a folder and sites of his own.

    Attributes:
        folder: where he is.
        environment: his variables.
    """

    folder: Path
    environment: dict[str, str]
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *arguments: object) -> "subprocess.Popen[str]":
        """Start `stream-chaos` with arguments."""
        process = subprocess.Popen(
            [sys.executable, "-m", "harness.cli", *map(str, arguments)],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Signals are sent to it alone, as a service manager does.
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def ended(self, process: "subprocess.Popen[str]", seconds: float = RUN_S) -> Ended:
        """What a started command came to. Whatever it was, nobody sees a traceback."""
        output, errors = process.communicate(timeout=seconds)
        ended = Ended(process.returncode, output, errors)
        assert "Traceback" not in ended.said, ended.said
        assert "unexpected error" not in ended.said, ended.said
        return ended

    def chaos(self, *arguments: object, seconds: float = RUN_S) -> Ended:
        """Run `stream-chaos` to its end."""
        return self.ended(self.start(*arguments), seconds)

    def write(self, name: str, text: str) -> Path:
        """Write one of his files."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def left(self) -> list[psutil.Process]:
        """What runs of his sites now."""
        return list(marked(lambda mark: mark.startswith(str(self.folder))))

    def leave(self) -> None:
        """End all that he started."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.communicate()
        for left in self.left():
            with suppress(psutil.Error):
                left.kill()


@pytest.fixture
def user(tmp_path: Path) -> Iterator[User]:
    """A user without any site, in an empty folder."""
    somebody = new_user(tmp_path, {})
    yield somebody
    somebody.leave()


def new_user(folder: Path, variables: Mapping[str, str]) -> User:
    """A user whose sites are in his folder."""
    own = {"XDG_STATE_HOME": str(folder / "state"), "PYTHONUNBUFFERED": "1"}
    return User(folder, {**os.environ, **own, **variables})
