"""The index of a night is read back as it was written, and described field by field."""

import json
import re
from pathlib import Path

import pytest

from harness.nightly.changes import RULES, changes_of
from harness.nightly.figures import COUNTED, MEASURED
from harness.nightly.index import Index
from harness.nightly.library import Kind
from harness.nightly.row import Outcome

from .conftest import canary_row, index_of, row

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "nightly.md"


def night() -> Index:
    rows = [row(outcome=Outcome.INVALID, examples=("one",), presets=("tunnel",)), canary_row()]
    changes = tuple(changes_of(rows, [[row(), canary_row()]]))
    return index_of(*rows, status=1, reasons=("kept is invalid",), changes=changes, only=("kept",))


def test_it_is_read_back_as_it_was_written() -> None:
    text = json.dumps(night().to_json())
    again = Index.from_json(json.loads(text))
    assert json.dumps(again.to_json()) == text
    assert (again.rows[0].as_expected, again.rows[1].as_expected) == (False, True)
    assert again.changes[0].worse is True
    assert again.seconds == 1800


@pytest.mark.parametrize(
    ("status", "verdict"), [(0, "green"), (1, "red"), (3, "unknown"), (4, "red"), (130, "red")]
)
def test_its_status_is_its_colour(status: int, verdict: str) -> None:
    assert index_of(row(), status=status).to_json()["verdict"] == verdict


@pytest.mark.parametrize("change", [{"format": 2}, {"rows": [{"name": "x"}]}, {"changes": [{}]}])
def test_what_is_none_is_refused_with_a_reason(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"format|understood|is not a valid"):
        Index.from_json({**night().to_json(), **change})


def test_every_field_outcome_and_figure_is_described() -> None:
    plain = night().to_json()
    spans = re.findall(r"`([^`]+)`", REFERENCE.read_text())
    words = {word for span in spans for word in re.findall(r"\w+", span)}
    assert set(plain) - words == set()
    assert set(plain["rows"][0]) - words == set()
    assert set(plain["changes"][0]) - words == set()
    assert {*COUNTED, *MEASURED, *RULES, *Kind} - words == set()
    assert {each for each in Outcome if f"`{each}`" not in REFERENCE.read_text()} == set()
