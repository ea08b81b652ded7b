"""`python -m harness.explore.example [FOLDER]`: the example of a run that stands in `reports/example/`.

It is a run in virtual time, dated by its own clock, so that every machine makes it the same to the byte.
"""

import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from harness.commands.ordering import order_for
from harness.environments.simulated.conduct import VirtualConduct
from harness.environments.simulated.environment import SimulatedEnvironment
from harness.environments.simulated.standing import ORIGIN_WALL_MS, stand_up
from harness.explore.attempt import quiet
from harness.explore.trial import Nobody
from harness.plan.model import Plan
from harness.run.running import run_order
from harness.run.view import View
from harness.scenario.loader import load

SCENARIO = Path("scenarios/overwrite_on_full.yaml")
FOLDER = Path("reports/example")
SEED = 1
LEFT_OUT = ("witness", "logs")
"""Folders of a run that tell nothing which its history does not."""


def write(folder: Path, root: Path = Path()) -> None:
    """Make the example anew, in the place of what is there.

    Args:
        root: of the checkout.
    """
    with tempfile.TemporaryDirectory(prefix="stream-chaos-") as reports, quiet():
        made = _run(root, Path(reports))
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(made, folder, ignore=shutil.ignore_patterns(*LEFT_OUT))


def _run(root: Path, reports: Path) -> Path:
    loaded = load(root / SCENARIO)
    order = order_for(
        replace(loaded, file=SCENARIO), environment="simulated", seed=SEED, reports=reports
    )
    standing: list[SimulatedEnvironment] = []

    def now() -> datetime:
        passed_ms = standing[0].now_ms() if standing else 0
        return datetime.fromtimestamp((ORIGIN_WALL_MS + round(passed_ms)) / 1000, UTC)

    def stand(
        plan: Plan, *, directory: Path, progress: Callable[[str], None], stream_manager: str | None
    ) -> SimulatedEnvironment:
        environment = stand_up(
            plan, directory=directory, progress=progress, stream_manager=stream_manager
        )
        # The same on every Python.
        environment.versions = {
            part: version for part, version in environment.versions.items() if part != "python"
        }
        standing.append(environment)
        return environment

    return run_order(order, stand, cast(View, Nobody()), conduct=VirtualConduct(), now=now).folder


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
