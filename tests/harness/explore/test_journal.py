"""The state file of an exploration."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.explore.attempt import Attempt
from harness.explore.journal import Journal, JournalUnusable, Target

TARGET = Target(first_seed=4, run_ms=(600_000, 780_000), stream_manager=None, count=9)
FOUND = Attempt(lineage="4", verdict="invalid", accused_by=("loss",), states=("a", "b"))


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.begin(TARGET)
    return journal


def test_what_was_noted_is_known(journal: Journal) -> None:
    journal.note(0, FOUND)
    journal.note(2, replace(FOUND, lineage="6"))
    assert journal.target() == TARGET
    assert journal.attempts() == {0: FOUND, 2: replace(FOUND, lineage="6")}


def test_a_line_that_was_torn_is_left_out(journal: Journal, tmp_path: Path) -> None:
    journal.note(0, FOUND)
    file = tmp_path / "journal.jsonl"
    file.write_text(file.read_text() + '{"number":1,"lin')
    assert list(journal.attempts()) == [0]
    journal.note(2, FOUND)
    journal.note(3, FOUND)
    assert list(journal.attempts()) == [0, 2, 3]


def test_there_may_be_more_scenarios_than_were_asked_for_at_first(journal: Journal) -> None:
    journal.note(0, FOUND)
    journal.extend(20)
    journal.note(1, FOUND)
    assert journal.target() == replace(TARGET, count=20)
    assert list(journal.attempts()) == [0, 1]


def test_what_is_no_journal_says_so(tmp_path: Path) -> None:
    with pytest.raises(JournalUnusable, match="no journal"):
        Journal(tmp_path / "nothing").target()


def test_a_journal_of_other_seeds_is_not_gone_on_with(journal: Journal, tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    file.write_text(file.read_text().replace('"first_seed": 4', '"first_seed": 5'))
    with pytest.raises(JournalUnusable, match="another build"):
        journal.target()
