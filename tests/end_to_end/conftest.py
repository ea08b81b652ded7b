"""The command line as its users run it, on short scenarios of its own."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
ZOO = HERE.parent / "zoo"
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


@pytest.fixture
def run_scenario(tmp_path: Path) -> RunScenario:
    """Runs `stream-chaos run` on a scenario beside this file, with a stream manager of the zoo if one is named."""

    def run(scenario: str, stream_manager: str | None = None) -> Ran:
        command = [
            *(sys.executable, "-m", "harness.cli", "run"),
            *(str(HERE / "scenarios" / f"{scenario}.yaml"), "--reports", str(tmp_path)),
        ]
        if stream_manager is not None:
            command += ["--stream-manager", f"{sys.executable} {ZOO / stream_manager}.py"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=RUN_S, check=False)
        said = done.stdout + done.stderr
        return Ran(done.returncode, said, tmp_path / scenario / "latest")

    return run
