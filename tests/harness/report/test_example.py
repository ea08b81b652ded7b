"""The tracked example is a real run: judged again today, it gives the report that stands beside it."""

import json
from pathlib import Path

from harness.checkers.judge import judge
from harness.report.artefacts import read
from harness.report.document import document

EXAMPLE = Path(__file__).parents[3] / "reports" / "example"


def test_the_example_is_judged_as_its_report_says() -> None:
    recorded = read(EXAMPLE)
    again = document(recorded, judge(recorded.history, recorded.plan))
    assert json.loads(json.dumps(again)) == json.loads((EXAMPLE / "report.json").read_text())
    assert again["verdict"] == "valid"
