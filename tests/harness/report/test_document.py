"""`report.json` has what others rely on."""

import json
from pathlib import Path

from harness.checkers.verdict import Ruling, Verdict
from harness.report.document import document

from .conftest import Told, judgement

KEYS = {
    *("format", "scenario", "environment", "seed", "plan", "started", "finished", "versions"),
    *("verdict", "checkers", "streams", "conditions", "repeat"),
}


def test_everything_that_is_promised_is_there(told: Told, tmp_path: Path) -> None:
    recorded = told.record(tmp_path)
    written = json.loads(json.dumps(document(recorded, judgement())))
    assert set(written) >= KEYS
    assert written["format"] == 1
    assert written["scenario"] == "told"
    assert written["environment"] == "local"
    assert written["seed"] == 7
    assert written["plan"] == recorded.plan.hash
    assert written["started"] < written["finished"]
    assert written["versions"] == {"site": "small"}
    assert written["repeat"] == "stream-chaos run told.yaml --seed 7"


def test_each_checker_and_condition_is_told_as_it_ruled(told: Told, tmp_path: Path) -> None:
    late = Verdict(
        name="priority", verdict=Ruling.INVALID, reason="2 inversions.", examples=("1", "2")
    )
    said = judgement(late, verdict=Ruling.INVALID, lost=3)
    written = json.loads(json.dumps(document(told.record(tmp_path), said)))
    assert written["verdict"] == "invalid"
    (checker,) = written["checkers"]
    assert (checker["name"], checker["verdict"]) == ("priority", "invalid")
    assert (checker["reason"], checker["examples"]) == ("2 inversions.", ["1", "2"])
    (condition,) = written["conditions"]
    assert condition["met"] is True
    assert set(condition) == {"name", "met", "evidence"}
    assert written["streams"]["S/kinesis"]["lost"] == 3
