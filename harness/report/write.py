"""Judges a recorded run and writes down what was found, in every form."""

import json
from pathlib import Path

from harness.checkers.judge import judge
from harness.checkers.verdict import Judgement
from harness.placing import put
from harness.report import artefacts
from harness.report.artefacts import read
from harness.report.document import document
from harness.report.junit import junit
from harness.report.page import page


def write_report(folder: Path) -> Judgement:
    """Judge the run in `folder` and write `report.json`, `junit.xml` and `report.html` beside what was recorded.

    The machine's forms are written first: a picture that cannot be drawn hides no verdict.

    Raises:
        NotARun: it is not the folder of a finished run.
    """
    recorded = read(folder)
    judgement = judge(recorded.history, recorded.plan)
    put(folder, artefacts.REPORT, json.dumps(document(recorded, judgement), indent=1) + "\n")
    put(folder, artefacts.JUNIT, junit(recorded, judgement))
    put(folder, artefacts.PAGE, page(recorded, judgement))
    return judgement
