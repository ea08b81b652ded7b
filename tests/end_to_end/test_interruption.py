"""An interrupted run takes all down and leaves its report; what a killed run leaves, `clean` removes."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from harness.environments.site.processes import marked
from harness.waiting import wait_until

from .conftest import scenario_file

pytestmark = pytest.mark.localstack

SCENARIO = scenario_file("short_outage")
OUTAGE_S = 150.0
ENDING_S = 60.0
"""It takes about 5 s where nothing else runs; most of it is the report."""


@dataclass(frozen=True)
class Interrupted:
    """A `stream-chaos run` whose site is registered in a folder of its own."""

    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def said(self) -> str:
        """All that it wrote."""
        return (self.folder / "said").read_text()

    def left(self) -> list[psutil.Process]:
        """The processes of its site that run now."""
        return list(marked(lambda mark: mark.startswith(str(self.folder))))

    def reach_outage(self) -> None:
        """Return when the links are down."""
        wait_until(self._has_cut_or_ended, seconds=OUTAGE_S, what="the outage")
        assert self.process.poll() is None, self.said
        assert self.left()

    def _has_cut_or_ended(self) -> bool:
        return "outage: connections are" in self.said or self.process.poll() is not None


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "XDG_STATE_HOME": str(folder / "state"), "PYTHONUNBUFFERED": "1"}


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Interrupted]:
    """A run that has begun; whatever the test does, nothing of it is left."""
    command = [sys.executable, "-m", "harness.cli", "run", str(SCENARIO)]
    with (tmp_path / "said").open("wb") as said:
        process = subprocess.Popen(
            [*command, "--reports", str(tmp_path / "reports")],
            env=environment(tmp_path),
            stdout=said,
            stderr=subprocess.STDOUT,
            # Signals are sent to it alone, as a service manager does.
            start_new_session=True,
        )
    run = Interrupted(tmp_path, process)
    try:
        yield run
    finally:
        process.kill()
        process.wait()
        for each in run.left():
            with suppress(psutil.Error):
                each.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_takes_everything_down_and_leaves_its_report(
    running: Interrupted, number: signal.Signals
) -> None:
    running.reach_outage()
    running.process.send_signal(number)
    assert running.process.wait(ENDING_S) == 130, running.said
    assert running.left() == []
    assert list((running.folder / "state" / "stream-chaos" / "sites").iterdir()) == []
    latest = running.folder / "reports" / "short_outage" / "latest"
    report = json.loads((latest / "report.json").read_text())
    assert report["verdict"] == "unknown"
    assert "interrupted" in report["reason"]
    assert "broken off" in (latest / "report.html").read_text()
    assert running.said.splitlines()[-1] == "stream-chaos: interrupted."
    assert "Traceback" not in running.said


def test_what_a_killed_run_leaves_is_removed(running: Interrupted) -> None:
    running.reach_outage()
    running.process.kill()
    running.process.wait()
    abandoned = len(running.left())
    assert abandoned >= 5, "cloud, taps, links and core do not end with it"
    cleaned = subprocess.run(
        [sys.executable, "-m", "harness.cli", "clean"],
        env=environment(running.folder),
        capture_output=True,
        text=True,
        timeout=ENDING_S,
        check=False,
    )
    assert cleaned.returncode == 0, cleaned.stderr
    assert cleaned.stdout.startswith("removed site ")
    assert running.left() == []
    assert list((running.folder / "state" / "stream-chaos" / "sites").iterdir()) == []
