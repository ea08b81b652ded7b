"""The tables of the stream manager's conformance name tests that are there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
PAGES = ["conformance.md", "deviations.md"]
TEST = re.compile(r"\[([^\]]+)\]\((\.\./\.\./tests/[^)]+\.py)\)")
MODELS = {"model of the log": "TestLog"}


@cache
def names_in(path: Path) -> frozenset[str]:
    """The functions and models of a file of tests."""
    tree = ast.parse(path.read_text())
    functions = {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}
    assigned = [each.targets[0] for each in tree.body if isinstance(each, ast.Assign)]
    return frozenset(functions | {each.id for each in assigned if isinstance(each, ast.Name)})


def rows(page: str) -> list[str]:
    lines = (REFERENCE / page).read_text().splitlines()
    return [line for line in lines if line.startswith("| ") and " | " in line]


def problems(row: str) -> list[str]:
    """The tests of a row that are not where it says."""
    return [
        sentence
        for sentence, path in TEST.findall(row)
        if MODELS.get(sentence, f"test_{sentence.replace(' ', '_')}")
        not in names_in((REFERENCE / path).resolve())
    ]


@pytest.mark.parametrize("page", PAGES)
def test_every_row_is_proved_by_tests_that_are_there(page: str) -> None:
    proved = [row for row in rows(page) if not row.endswith(("| proved by |", "| pinned by |"))]
    assert len(proved) > 40
    assert [row for row in proved if not TEST.search(row)] == []
    assert [each for row in proved for each in problems(row)] == []


def test_a_test_that_is_not_there_would_be_found() -> None:
    here = "../../tests/docs/test_conformance.py"
    assert problems(f"| a | [nobody wrote this]({here}) |") == ["nobody wrote this"]
    assert problems(f"| a | [a test that is not there would be found]({here}) |") == []
