"""The trend of several runs: one page, a row for each run and a picture of what changed."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from harness.report import plots
from harness.report.artefacts import REPORT
from harness.report.page import environment, show

TREND = "trend.html"
COUNTED = ("appended", "delivered", "overwritten", "lost", "duplicates")


def write_trend(directories: Sequence[Path]) -> Path:
    """Write `trend.html` into the folder that all the runs are in.

    Args:
        directories: of finished runs, each with its `report.json`.

    Returns:
        The page.
    """
    folders = [directory.resolve() for directory in directories]
    target = Path(os.path.commonpath([str(folder.parent) for folder in folders])) / TREND
    documents = [(folder, json.loads((folder / REPORT).read_text())) for folder in folders]
    documents.sort(key=lambda each: str(each[1].get("started")))
    rows = [_row(folder, document, target.parent) for folder, document in documents]
    page = environment().get_template("trend.html.j2")
    text = page.render(rows=rows, counted=COUNTED, show=show, picture=Markup(plots.trend(rows)))
    target.write_text(text, encoding="utf-8")
    return target


def _row(folder: Path, document: dict[str, Any], beside: Path) -> dict[str, Any]:
    streams = document.get("streams") or {}
    return {
        "scenario": document["scenario"],
        "started": document.get("started") or "",
        "environment": document.get("environment") or "",
        "seed": document.get("seed"),
        "verdict": document["verdict"],
        "reason": document.get("reason") or "",
        "page": Path(os.path.relpath(folder, beside)) / "report.html",
        "counts": {
            name: sum(counts.get(name) or 0 for counts in streams.values()) for name in COUNTED
        },
    }
