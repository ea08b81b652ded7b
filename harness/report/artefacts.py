"""The folder of a run: what was recorded in it, read back."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from harness.history.history import History
from harness.history.lines import Line
from harness.plan.model import Plan
from harness.report.history_file import HISTORY, history_file, lines_in

PLAN, RUN, REPORT, PAGE, JUNIT, PICTURE = (
    "plan.json",
    "run.json",
    "report.json",
    "report.html",
    "junit.xml",
    "page.png",
)


@dataclass(eq=False)
class NotARun(Exception):
    """A folder that is not that of a finished run.

    Attributes:
        folder: which one.
        reason: what is missing or wrong in it.
    """

    folder: Path
    reason: str

    def __str__(self) -> str:
        mend = "name one such as reports/cloud_outage/latest"
        return f"{self.folder} is not the folder of a finished run ({self.reason}); {mend}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A run as it was recorded.

    Attributes:
        facts: `run.json`: started, finished, environment, versions, stages, command.
        picture: PNG of the site's page; empty where none was taken.
    """

    folder: Path
    plan: Plan
    history: History
    facts: Mapping[str, Any]
    picture: bytes = b""

    @property
    def history_file(self) -> str:
        """Name of the file that has the history."""
        return (history_file(self.folder) or self.folder / HISTORY).name

    @property
    def started(self) -> str:
        """When it began, ISO 8601."""
        return str(self.facts.get("started") or "")

    @property
    def seconds(self) -> float | None:
        """How long it took, standing up and down included."""
        try:
            begun, ended = (
                datetime.fromisoformat(self.facts[key]) for key in ("started", "finished")
            )
        except (KeyError, TypeError, ValueError):
            return None
        return (ended - begun).total_seconds()

    def since_first_reading_s(self, at_ms: float) -> float:
        """Seconds since the first reading was due, which pictures and tables count from."""
        return (at_ms - (self.history.first_reading_ms or 0.0)) / 1000


def read(folder: Path) -> Recorded:
    """The run in a folder.

    Raises:
        NotARun: something is missing in it, or cannot be read.
    """
    plain = {name: _text(folder, name) for name in (PLAN, RUN)}
    lines = lines_of(folder)
    try:
        plan = Plan.from_json(json.loads(plain[PLAN]))
        facts = dict(json.loads(plain[RUN]))
        history = History.of(lines)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        why = str(error) if isinstance(error, ValueError) else repr(error)
        raise NotARun(folder, f"what is recorded cannot be understood: {why}") from error
    return Recorded(
        folder=folder, plan=plan, history=history, facts=facts, picture=_picture(folder, history)
    )


def _picture(folder: Path, history: History) -> bytes:
    """What the history says that there is, if it is there."""
    with suppress(OSError):
        if history.page is not None and "picture" in history.page:
            return (folder / PICTURE).read_bytes()
    return b""


def lines_of(folder: Path) -> Iterator[Line]:
    """The history in the folder of a run, line by line, in whichever form it is.

    Raises:
        NotARun: it cannot be read.
        ValueError: while they are taken: it cannot be understood.
    """
    file = history_file(folder) or folder / HISTORY
    try:
        return lines_in(file)
    except OSError as error:
        raise NotARun(folder, f"{file.name} cannot be read: {error.strerror}") from error


def _text(folder: Path, name: str) -> str:
    try:
        return (folder / name).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise NotARun(folder, f"{name} cannot be read: {error.strerror}") from error
