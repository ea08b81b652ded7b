"""Without a clause a checker judges some history otherwise: a sample; `survey.py` tries all of them."""

import ast
from pathlib import Path

from .clauses import FOR_PEOPLE, Clause, clauses, modules, without
from .survey import Outcome, collect, page, survey

ORDERING = "tests/harness/checkers/test_ordering.py"
CLASSES = "tests/harness/checkers/test_classes.py"


def test_every_kind_of_condition_is_a_clause() -> None:
    texts = {each.text for each in clauses("ordering")}
    assert "swaps" in texts
    assert "newest is None" in texts
    assert "each.append is not None" in texts


def test_a_clause_is_deleted_alone() -> None:
    found = clauses("ordering")
    assert len({ast.dump(without(each)) for each in found}) == len(found)


def test_what_is_for_people_is_no_clause() -> None:
    assert not {each.function for name in modules() for each in clauses(name)} & FOR_PEOPLE


def test_the_page_names_what_nobody_missed() -> None:
    clause = Clause(module="loss", function="check", line=1, node=0, part=0, text="certain")
    written = page([Outcome(clause, noticed=True), Outcome(clause, noticed=False)])
    assert "Needed: 1 of 2 (50.0%)." in written
    assert "- `loss`, `check`: `certain`" in written


def test_golden_histories_notice_that_a_clause_of_ordering_is_gone(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.pickle"
    collect(corpus, [ORDERING])
    sample = [each for each in clauses("ordering") if each.function in ("_swaps", "_once", "check")]
    outcomes = list(survey(corpus, sample))
    assert sum(each.noticed for each in outcomes) >= 0.75 * len(outcomes)


def test_they_notice_that_a_clause_is_gone_below_what_is_worked_out_once(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.pickle"
    collect(corpus, [CLASSES])
    sample = [each for each in clauses("missing") if each.function == "_never_taken"]
    outcomes = list(survey(corpus, sample))
    assert sum(each.noticed for each in outcomes) >= 0.75 * len(outcomes)
