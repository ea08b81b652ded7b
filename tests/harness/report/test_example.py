"""The tracked example is made by one command, and judged again it gives the report that stands beside it."""

import json
from pathlib import Path

from harness.checkers.judge import judge
from harness.explore.example import FOLDER, write
from harness.report.artefacts import read
from harness.report.document import document

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / FOLDER


def test_the_example_is_judged_as_its_report_says() -> None:
    recorded = read(EXAMPLE)
    again = document(recorded, judge(recorded.history, recorded.plan))
    assert json.loads(json.dumps(again)) == json.loads((EXAMPLE / "report.json").read_text())
    assert again["verdict"] == "valid"


def test_the_example_is_what_its_command_makes_today(tmp_path: Path) -> None:
    write(tmp_path / "example", ROOT)
    made = {file.name: file.read_bytes() for file in (tmp_path / "example").iterdir()}
    there = {file.name: file.read_bytes() for file in EXAMPLE.iterdir()}
    assert set(made) == set(there)
    unlike = [name for name, content in made.items() if content != there[name]]
    assert unlike == [], "run `python -m harness.explore.example` and look at what has changed"
