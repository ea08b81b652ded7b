"""The clauses of the checkers, and the checkers without one of them.

A clause is a condition that a checker's code hangs on: the test of an `if` or of an expression `a if test else b`, each
part of an `and` or `or`, each `if` of a comprehension. Deleted means: the branch is never taken, the part is not there,
everything passes the filter. What makes sentences and figures for people decides nothing and is left alone.
"""

import ast
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import harness.checkers

FOLDER = Path(harness.checkers.__file__).parent
FOR_PEOPLE = {
    "_accusation",
    "_acquittal",
    "_after_heal",
    "_again",
    "_came",
    "_counted",
    "_examples",
    "_figures",
    "_finding",
    "_inverted",
    "_latencies",
    "_name",
    "_named",
    "_overdue_sentence",
    "_ranges",
    "_reason",
    "_said",
    "_sentence",
    "_told",
    "in_s",
    "joined",
    "percentiles",
    "spans",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One of them.

    Attributes:
        module: of `harness.checkers`.
        node: place of its node in `ast.walk`.
        part: of an `and` or `or`, or of a comprehension's filters.
        text: of the condition.
    """

    module: str
    function: str
    line: int
    node: int
    part: int
    text: str

    def __str__(self) -> str:
        return f"{self.module}.py:{self.line} {self.function}: {self.text}"


def modules() -> list[str]:
    """The modules that have clauses."""
    return sorted(file.stem for file in FOLDER.glob("*.py") if file.stem != "__init__")


def clauses(module: str) -> list[Clause]:
    """Those of a module."""
    tree = ast.parse((FOLDER / f"{module}.py").read_text())
    inside = _functions(tree)
    found = []
    for place, node in enumerate(ast.walk(tree)):
        function = inside.get(id(node), "")
        for part, condition in _conditions(node) if function not in FOR_PEOPLE else ():
            found.append(
                Clause(
                    module=module,
                    function=function,
                    line=condition.lineno,
                    node=place,
                    part=part,
                    text=" ".join(ast.unparse(condition).split()),
                )
            )
    return sorted(found, key=lambda each: (each.line, each.part))


def _functions(tree: ast.AST) -> dict[int, str]:
    """The function that each node is in."""
    inside: dict[int, str] = {}
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            inside |= {id(node): function.name for node in ast.walk(function)}
    return inside


def _conditions(node: ast.AST) -> Iterator[tuple[int, ast.expr]]:
    match node:
        case ast.If(test=test) | ast.IfExp(test=test):
            yield 0, test
        case ast.BoolOp(values=values):
            yield from enumerate(values)
        case ast.comprehension(ifs=ifs):
            yield from enumerate(ifs)


def without(clause: Clause) -> ast.Module:
    """The module without it."""
    tree = deepcopy(ast.parse((FOLDER / f"{clause.module}.py").read_text()))
    node = next(each for place, each in enumerate(ast.walk(tree)) if place == clause.node)
    match node:
        case ast.If() | ast.IfExp():
            node.test = ast.Constant(False)
        case ast.BoolOp():
            del node.values[clause.part]
        case ast.comprehension():
            del node.ifs[clause.part]
    return ast.fix_missing_locations(_joined(tree))


class _One(ast.NodeTransformer):
    """An `and` or `or` of which one part is left is that part."""

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        self.generic_visit(node)
        return node.values[0] if len(node.values) == 1 else node


def _joined(tree: ast.Module) -> ast.Module:
    changed: ast.Module = _One().visit(tree)
    return changed
