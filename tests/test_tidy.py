"""The style that reviews should not have to speak about."""

import ast
import re
import statistics
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILE_LINES_MAX = 450
FUNCTION_LINES_MAX = 70
FUNCTION_LINES_MEDIAN_MAX = 8
BANNED_NAMES = {"utils.py", "util.py", "helpers.py", "common.py", "misc.py"}
RAISED = re.compile(r"(Exception|Error)$")
# The vocabulary speaks of urgent exporters only: 1 is the most urgent, so "high" would be read both ways.
BANNED_WORDS = re.compile(r"\b(high|low)(er|est)?[- ]priorit", re.IGNORECASE)


def tracked(*patterns: str) -> list[Path]:
    """The files git knows below the root; in an unpacked archive, every file."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        return [path for pattern in patterns for path in ROOT.rglob(pattern)]
    return [path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file()]


PYTHON = tracked("*.py")
PRODUCT = [path for path in PYTHON if path.relative_to(ROOT).parts[0] != "tests"]


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name and length in lines, without the docstring, of each function in a file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
            yield node.name, (node.end_lineno or 0) - first.lineno + 1


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PYTHON, ids=named)
def test_a_file_fits_in_the_head(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= FILE_LINES_MAX
    assert path.name not in BANNED_NAMES


@pytest.mark.parametrize("path", PRODUCT, ids=named)
def test_a_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("path", PYTHON, ids=named)
def test_a_function_fits_on_a_screen(path: Path) -> None:
    assert [name for name, lines in functions(path) if lines > FUNCTION_LINES_MAX] == []


def test_the_median_function_is_short() -> None:
    lengths = [lines for path in PRODUCT for _, lines in functions(path)]
    assert statistics.median(lengths) <= FUNCTION_LINES_MEDIAN_MAX


@pytest.mark.parametrize("path", tracked("*.py", "*.md", "*.yaml", "*.html"), ids=named)
def test_urgent_is_the_only_word_for_a_priority(path: Path) -> None:
    if path.name != Path(__file__).name:
        assert BANNED_WORDS.findall(path.read_text()) == []


def public_functions_without_docstring(path: Path) -> Iterator[str]:
    for node in ast.parse(path.read_text()).body:
        public = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if public and not node.name.startswith("_") and not ast.get_docstring(node):
            yield node.name


@pytest.mark.parametrize("path", PRODUCT, ids=named)
def test_a_public_name_has_a_docstring(path: Path) -> None:
    assert list(public_functions_without_docstring(path)) == []


def exceptions_without_identity(path: Path) -> Iterator[str]:
    """Those that a dataclass makes equal by their fields, and thereby unhashable, or even unchangeable.

    Some of Python, and of what others wrote, keeps exceptions in sets, and gives them a traceback.
    """
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ClassDef) and any(
            RAISED.search(ast.unparse(base)) for base in node.bases
        ):
            yield from (
                node.name
                for each in map(ast.unparse, node.decorator_list)
                if each.startswith("dataclass") and each != "dataclass(eq=False)"
            )


@pytest.mark.parametrize("path", PRODUCT, ids=named)
def test_an_exception_is_itself_and_nothing_else(path: Path) -> None:
    assert list(exceptions_without_identity(path)) == []
