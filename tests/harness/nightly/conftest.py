"""Entries, rows and nights that a test tells, and a runner that leaves a recorded run in the place of a real one."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from harness.checkers.verdict import Ruling
from harness.nightly.index import Index
from harness.nightly.library import Entry, Kind
from harness.nightly.row import Outcome, Row
from harness.nightly.running import Ended
from harness.nightly.where import Where

EXAMPLE = Path(__file__).parents[3] / "reports" / "example"
LIBRARY = Path(__file__).parent / "library"

HERE = Where(asked="local", environment="local")
FIGURES = {
    "appended": 1000,
    "delivered": 1000,
    "lost": 0,
    "duplicates": 10,
    "append_p99_ms": 40.0,
    "arrival_p50_ms": 2000.0,
    "arrival_p99_ms": 9000.0,
    "delivered_hz": 40.0,
    "caught_up_s": 8.0,
}


def entry(name: str = "kept", **fields: Any) -> Entry:
    """An entry of a library."""
    known = {"kind": Kind.SCENARIO, "file": Path(f"{name}.yaml"), "seed": 1, "where": HERE}
    return Entry(name=name, **{**known, **fields})


def canary(name: str = "canary") -> Entry:
    """An entry that has to be found invalid by loss."""
    return entry(name, kind=Kind.CANARY, expected=Ruling.INVALID, found_by="loss")


def row(name: str = "kept", outcome: Outcome = Outcome.VALID, **fields: Any) -> Row:
    """A row of an index; its figures are those of a sound run but for those that are given."""
    figures = {**FIGURES, **fields.pop("figures", {})}
    known: dict[str, Any] = {
        "kind": Kind.SCENARIO,
        "environment": "local",
        "seed": 1,
        "expected": Ruling.VALID,
        "reason": f"it is {outcome}",
        "checkers": {"loss": str(outcome)},
        "seconds": 60.0,
    }
    return Row(name=name, outcome=outcome, **{**known, **fields}, figures=figures)


def canary_row(outcome: Outcome = Outcome.INVALID, **fields: Any) -> Row:
    """The row of a canary."""
    return row(
        "canary", outcome, kind=Kind.CANARY, expected=Ruling.INVALID, found_by="loss", **fields
    )


def index_of(*rows: Row, name: str = "2026-11-25", **fields: Any) -> Index:
    """A night that is over."""
    known: dict[str, Any] = {
        "date": name,
        "seed": 20261125,
        "environment": "local",
        "started": f"{name}T01:00:00+00:00",
        "finished": f"{name}T01:30:00+00:00",
        "ending": "complete",
        "at_least": len(rows),
    }
    return Index(name=name, **{**known, **fields}, rows=rows)


@dataclass
class Recorded:
    """A runner that leaves the example of a run, told anew, in the place of a real one.

    Attributes:
        ends: by name of the entry, how its process ends; well by default.
        tells: by name of the entry, what its `report.json` says besides.
        asked: the entries, in the order in which they came.
    """

    ends: dict[str, Ended] = field(default_factory=dict)
    tells: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    asked: list[Entry] = field(default_factory=list)

    def __call__(self, entry: Entry, reports: Path, log: Path, say: Callable[[str], None]) -> Ended:
        self.asked.append(entry)
        told = self.tells.get(entry.name, {})
        if told is not NOTHING:
            leave(reports / entry.name / "20261125T010000Z-1", entry.name, told)
        usual = {"valid": 0, "invalid": 1, "unknown": 3}[told.get("verdict", "valid")]
        return self.ends.get(entry.name, Ended(status=usual, seconds=60.0))


NOTHING: Mapping[str, Any] = {"left": "nothing"}


def leave(folder: Path, name: str, told: Mapping[str, Any]) -> Path:
    """The example of a run in a folder, with what is told in its `report.json`."""
    shutil.copytree(EXAMPLE, folder)
    document = json.loads((folder / "report.json").read_text())
    (folder / "report.json").write_text(json.dumps({**document, "scenario": name, **told}))
    return folder


LOST = {
    "verdict": "invalid",
    "reason": "loss: Acknowledged and neither delivered nor legally gone: 7 messages.",
    "checkers": [
        {"name": "loss", "verdict": "invalid", "reason": "7", "examples": ["message 30 is gone"]}
    ],
    "streams": {"S/a": {"appended": 100, "delivered": 93, "lost": 7, "duplicates": 0}},
}
"""What a report says of a run that lost something."""


@pytest.fixture
def recorded() -> Recorded:
    """A runner whose runs are all valid."""
    return Recorded()


def without(index: Index, name: str) -> Index:
    """A night without one of its rows."""
    return replace(index, rows=tuple(each for each in index.rows if each.name != name))
