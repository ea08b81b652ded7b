"""Deletes every clause of the checkers and sees whether a history is then judged otherwise.

python tests/mutation/survey.py [--write docs/reference/clauses.md] [MODULE...]
"""

import ast
import importlib
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from clauses import FOLDER, Clause, clauses, modules, without
from corpus import said

ROOT = Path(__file__).parents[2]
PACKAGE = "harness.checkers"
GOLDEN = "tests/harness/checkers"
RANDOM = ("test_legal_runs", "test_random_runs")
"""Thousands of random histories, in which nothing is meant to be seen but what the golden ones show."""
LONGEST_S = 120
"""Of computing: a checker that does not come to an end without a clause is found out, too."""


class Endless(Exception):
    """It took too long."""


class _Patched(MetaPathFinder, Loader):
    """Has one module be another one."""

    def __init__(self, module: str, code: CodeType) -> None:
        self._name, self._code = f"{PACKAGE}.{module}", code

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        return ModuleSpec(fullname, self) if fullname == self._name else None

    def exec_module(self, module: ModuleType) -> None:
        exec(self._code, module.__dict__)


@contextmanager
def checkers(patched: _Patched | None) -> Iterator[ModuleType]:
    """The checkers, made afresh, with one module patched."""
    hidden = {name: sys.modules.pop(name) for name in list(sys.modules) if name.startswith(PACKAGE)}
    if patched is not None:
        sys.meta_path.insert(0, patched)
    try:
        yield importlib.import_module(f"{PACKAGE}.judge")
    finally:
        if patched is not None:
            sys.meta_path.remove(patched)
        for name in [each for each in sys.modules if each.startswith(PACKAGE)]:
            del sys.modules[name]
        sys.modules.update(hidden)


def ask(judge: ModuleType, what: str, parameters: Any, history: Any, plan: Any) -> Any:
    """What the checkers say of a case, whatever others have worked out of it."""
    history.worked_out.clear()
    if what == "conditions":
        return said(what, list(judge.results(history, plan)))
    if what == "classes":
        return said(what, judge.counts(history, plan))
    return said(what, judge._CHECKERS[what](parameters).check(history, plan))


@cache
def needed(what: str) -> frozenset[str]:
    """The modules that a checker is made of."""
    found: set[str] = set()
    new = {what, "verdict"}
    while new:
        found |= new
        new = {each for module in new for each in _imports(module)} - found
    return frozenset(found)


def _imports(module: str) -> set[str]:
    tree = ast.parse((FOLDER / f"{module}.py").read_text())
    told = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    names = {str(node.module).removeprefix(f"{PACKAGE}.") for node in told}
    names |= {alias.name for node in told if node.module == PACKAGE for alias in node.names}
    return names & set(modules())


@cache
def cases(corpus: Path) -> list[tuple[tuple[Any, ...], Any]]:
    """All cases, with what is to be said of each."""
    most = int(os.environ.get("STREAM_CHAOS_CASE_BYTES", sys.maxsize))
    kept = [each for each in pickle.loads(corpus.read_bytes()) if len(each[0]) <= most]
    return [(pickle.loads(case), expected) for case, expected in kept]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether somebody noticed that a clause is gone."""

    clause: Clause
    noticed: bool


def try_without(clause: Clause, corpus: Path) -> Outcome:
    """Judge everything without a clause."""
    patched = _Patched(clause.module, compile(without(clause), clause.module, "exec"))
    signal.signal(signal.SIGPROF, _too_long)
    signal.setitimer(signal.ITIMER_PROF, LONGEST_S)
    try:
        with checkers(patched) as judge:
            noticed = any(
                ask(judge, *case) != expected
                for case, expected in cases(corpus)
                if clause.module in needed(case[0])
            )
    except Exception:
        noticed = True
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return Outcome(clause, noticed)


def _too_long(*_: object) -> None:
    raise Endless


def collect(corpus: Path, tests: Sequence[str] = (GOLDEN,)) -> None:
    """Run the checkers' tests and keep what they show to the checkers."""
    here = str(Path(__file__).parent)
    path = os.pathsep.join([here, str(ROOT), os.environ.get("PYTHONPATH", "")])
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "corpus",
        "-p",
        "no:cacheprovider",
        *tests,
    ]
    command += [f"--ignore={GOLDEN}/{name}.py" for name in RANDOM]
    subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path, "STREAM_CHAOS_CORPUS": str(corpus)},
        check=True,
        stdout=subprocess.DEVNULL,
    )


def check_that_nothing_differs(corpus: Path) -> None:
    """Whether the checkers, with every clause, still say what was kept.

    Raises:
        ValueError: they do not, so that nothing could be told from a difference.
    """
    with checkers(None) as judge:
        for case, expected in cases(corpus):
            try:
                found = ask(judge, *case)
            except Exception as error:
                found = error
            if found != expected:
                raise ValueError(
                    f"{corpus} is not of these checkers ({case[0]}: {found!r}): remove it, and it is made again"
                )


def survey(corpus: Path, wanted: Sequence[Clause], jobs: int = 1) -> Iterator[Outcome]:
    """Delete one after the other.

    Args:
        jobs: processes at once; with one it is done in this one.
    """
    check_that_nothing_differs(corpus)
    if jobs == 1:
        yield from (try_without(each, corpus) for each in wanted)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(try_without, wanted, [corpus] * len(wanted), chunksize=4)


def page(outcomes: Sequence[Outcome]) -> str:
    """What the survey found, for people."""
    gone = [each for each in outcomes if each.noticed]
    lines = [
        "<!-- written by `python tests/mutation/survey.py --write docs/reference/clauses.md` -->",
        "",
        "# The clauses of the checkers",
        "",
        "Every condition that a checker's code hangs on is deleted, one at a time, and the golden histories and the",
        "recorded ones of the [zoo](zoo.md) are judged again. A clause is needed if one of them then gets another",
        "verdict. The definition is in `tests/mutation/clauses.py`.",
        "",
        f"Needed: {len(gone)} of {len(outcomes)} ({len(gone) / len(outcomes):.1%}).",
        "",
        "| module | clauses | needed |",
        "|---|---|---|",
    ]
    for module in sorted({each.clause.module for each in outcomes}):
        own = [each for each in outcomes if each.clause.module == module]
        lines.append(f"| `{module}` | {len(own)} | {sum(each.noticed for each in own)} |")
    left = [each.clause for each in outcomes if not each.noticed]
    if left:
        lines += ["", "## Nobody noticed", ""]
        lines += [f"- `{each.module}`, `{each.function}`: `{each.text}`" for each in left]
    return "\n".join(lines) + "\n"


def main(words: Sequence[str]) -> None:
    """Survey all modules, or those that are named."""
    target = Path(words[words.index("--write") + 1]) if "--write" in words else None
    named = [word for word in words if word in modules()] or modules()
    corpus = Path(os.environ.get("STREAM_CHAOS_CORPUS", "corpus.pickle")).absolute()
    if not corpus.exists():
        collect(corpus)
    outcomes = []
    wanted = [each for name in named for each in clauses(name)]
    for outcome in survey(corpus, wanted, len(os.sched_getaffinity(0))):
        outcomes.append(outcome)
        if not outcome.noticed:
            print(outcome.clause, flush=True)
    print(f"{sum(each.noticed for each in outcomes)} of {len(outcomes)} are needed")
    if target is not None:
        target.write_text(page(outcomes))


if __name__ == "__main__":
    main(sys.argv[1:])
