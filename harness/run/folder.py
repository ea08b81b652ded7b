"""The folder of a run: `reports/<scenario>/<run>/`, and what the run itself puts there."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.history.lines import merge, parse, render
from harness.placing import fresh_folder, point_latest, put
from harness.plan.model import Plan
from harness.report.artefacts import PICTURE

COMPLETED = "completed"
"""Why a run ended that went through all its phases."""


def utc_now() -> datetime:
    """The time of the machine."""
    return datetime.now(UTC)


@dataclass(slots=True)
class RunFolder:
    """One run's folder.

    Attributes:
        path: of this run alone.
        started: when it was made.
    """

    path: Path
    started: datetime

    @classmethod
    def make(
        cls,
        reports: Path,
        plan: Plan,
        scenario: bytes,
        now: Callable[[], datetime] = utc_now,
        *,
        site: bytes | None = None,
    ) -> "RunFolder":
        """A new folder with the plan and the scenario in it, named by UTC time and seed.

        Args:
            scenario: the file's content.
            site: content of the site file that it names.

        Raises:
            OSError: it cannot be made.
        """
        started = now()
        path = fresh_folder(reports / plan.scenario, f"{started:%Y%m%dT%H%M%SZ}-{plan.seed}")
        folder = cls(path, started)
        folder.write("plan.json", json.dumps(plan.to_json(), indent=1) + "\n")
        (path / "scenario.yaml").write_bytes(scenario)
        if site is not None:
            (path / "site.yaml").write_bytes(site)
        return folder

    @property
    def witnesses(self) -> Path:
        """Where the witnesses' files are."""
        return self.path / "witness"

    @property
    def logs(self) -> Path:
        """Where the logs of the site's parts are."""
        return self.path / "logs"

    @property
    def picture(self) -> Path:
        """Where the picture of the site's page goes."""
        return self.path / PICTURE

    def write(self, name: str, text: str) -> None:
        """Write one file in one step."""
        put(self.path, name, text)

    def finish(
        self,
        *,
        environment: str,
        versions: Mapping[str, str],
        stages: Sequence[tuple[str, float]],
        command: str,
        exit_reason: str = COMPLETED,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        """Merge the history if it is in several files, write down the facts of the run, and point `latest` at it."""
        if files := sorted(self.witnesses.glob("*.jsonl")):
            texts = (file.read_text(encoding="utf-8", errors="replace") for file in files)
            self.write("history.jsonl", render(merge(map(parse, texts))))
        facts: dict[str, Any] = {
            "started": self.started.isoformat(timespec="seconds"),
            "finished": now().isoformat(timespec="seconds"),
            "environment": environment,
            "versions": dict(versions),
            "stages": [list(stage) for stage in stages],
            "command": command,
            "exit_reason": exit_reason,
        }
        self.write("run.json", json.dumps(facts, indent=1) + "\n")
        point_latest(self.path)
