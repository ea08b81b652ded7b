"""From the folder that a run left, and the way its process ended, to its row."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.commands.outcome import ExitStatus
from harness.nightly.figures import counted, measured
from harness.nightly.library import Entry
from harness.nightly.row import Outcome, Row, waiting
from harness.nightly.running import Ended, repeat
from harness.placing import LATEST
from harness.report.artefacts import PAGE, PICTURE, REPORT, NotARun, Recorded, read
from harness.report.timeline import Timeline, most_waiting, timeline

EXAMPLES_MAX = 3
ON_THE_WAY = "standing up: "
INTERRUPTED = "the night was interrupted meanwhile"

OUTCOMES: Mapping[int, Outcome] = {
    ExitStatus.VALID: Outcome.VALID,
    ExitStatus.INVALID: Outcome.INVALID,
    ExitStatus.UNKNOWN: Outcome.UNKNOWN,
    ExitStatus.NO_ENVIRONMENT: Outcome.UNAVAILABLE,
    ExitStatus.BAD_INPUT: Outcome.REFUSED,
}


@dataclass(frozen=True, slots=True)
class Harvest:
    """What is known of a run that is over.

    Attributes:
        run: over time; None where it left no history.
        versions: of the parts that ran.
    """

    row: Row
    run: Timeline | None = None
    versions: Mapping[str, str] = field(default_factory=dict)


def refused(entry: Entry) -> Harvest:
    """The row of an entry that cannot be run at all."""
    row = waiting(entry, repeat(entry))
    return Harvest(replace(row, outcome=Outcome.REFUSED, reason=entry.problem))


def harvest(entry: Entry, ended: Ended, night: Path) -> Harvest:
    """What came of a run.

    Args:
        night: the folder that its folder is below.
    """
    row = replace(waiting(entry, repeat(entry)), seconds=round(ended.seconds, 1))
    folder = _newest(night / entry.name)
    document = _document(folder)
    row = replace(row, **_ending(entry, ended, document))
    if folder is not None:
        row = replace(row, folder=str(folder.relative_to(night)))
    if folder is None or document is None:
        return Harvest(row)
    return _judged(row, folder, document)


def _ending(entry: Entry, ended: Ended, document: dict[str, Any] | None) -> dict[str, Any]:
    if ended.interrupted:
        return {"outcome": Outcome.INTERRUPTED, "reason": INTERRUPTED}
    if ended.hung:
        reason = f"it was ended after {ended.seconds:.0f} s, for it may take {entry.limit_s:.0f} s"
        return {"outcome": Outcome.HUNG, "reason": f"{reason}; the last it said: {ended.said}"}
    outcome = OUTCOMES.get(ended.status, Outcome.CRASHED)
    if outcome in (Outcome.VALID, Outcome.INVALID, Outcome.UNKNOWN) and document is None:
        outcome = Outcome.CRASHED
    if outcome is Outcome.CRASHED:
        reason = f"its process ended with status {ended.status}; the last it said: {ended.said}"
        return {"outcome": outcome, "reason": reason}
    return {"outcome": outcome, "reason": _reason(ended.said)}


def _reason(said: str) -> str:
    """The last words of a command that failed, without what it told on its way there."""
    lines = said.splitlines()
    telling = [line for line in lines if not line.startswith(ON_THE_WAY)]
    return "\n".join(telling or lines)


def _judged(row: Row, folder: Path, document: dict[str, Any]) -> Harvest:
    checkers = document.get("checkers") or []
    worst = [each for each in checkers if each["verdict"] == document["verdict"]] or checkers
    examples = [text for each in worst for text in each.get("examples") or ()]
    figures: dict[str, float | None] = dict(counted(document))
    run: Timeline | None = None
    recorded = _recorded(folder)
    if recorded is not None:
        figures |= measured(recorded.history)
        run = timeline(recorded.history, record_overhead=0)
        figures["waiting_max"] = most_waiting(run)
    told = replace(
        row,
        # What ended it otherwise says more than a verdict on what there was until then.
        reason=str(document.get("reason") or "") if row.judged else row.reason,
        examples=tuple(examples[:EXAMPLES_MAX]) if document["verdict"] == "invalid" else (),
        checkers={each["name"]: each["verdict"] for each in checkers},
        plan=str(document.get("plan") or ""),
        presets=tuple(each.preset for each in recorded.plan.presets) if recorded else (),
        report=f"{row.folder}/{PAGE}" if (folder / PAGE).is_file() else "",
        page=f"{row.folder}/{PICTURE}" if recorded and recorded.picture else "",
        figures=figures,
    )
    return Harvest(told, run, (recorded.facts.get("versions") or {}) if recorded else {})


def _newest(parent: Path) -> Path | None:
    folders = [each for each in parent.glob("*") if each.is_dir() and each.name != LATEST]
    return max(folders, key=lambda each: each.name, default=None)


def _document(folder: Path | None) -> dict[str, Any] | None:
    if folder is None:
        return None
    try:
        document: dict[str, Any] = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return document if "verdict" in document else None


def _recorded(folder: Path) -> Recorded | None:
    try:
        return read(folder)
    except NotARun:
        return None
