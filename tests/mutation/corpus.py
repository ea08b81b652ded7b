"""Pytest plugin that keeps what is shown to the checkers and what they say of it, in the file `STREAM_CHAOS_CORPUS`.

The golden histories, legal and illegal ones, are made by the tests of the checkers; the zoo's are recorded there.
"""

import os
import pickle
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

FILE = Path(os.environ.get("STREAM_CHAOS_CORPUS", "corpus.pickle"))
PER_TEST_MAX = 12
"""Of a test that makes hundreds of random histories, so many are kept."""

CASES: dict[bytes, tuple[bytes, Any]] = {}
KEPT: Counter[str] = Counter()


def said(what: str, answer: Any) -> Any:
    """What counts of an answer."""
    if what == "conditions":
        return [each.met for each in answer]
    return answer if what == "classes" else str(answer.verdict)


def keep(what: str, parameters: Any, history: Any, plan: Any, answer: Any) -> None:
    """Keep one case."""
    test = os.environ.get("PYTEST_CURRENT_TEST", "").split(" ")[0]
    if KEPT[test, what] < PER_TEST_MAX:
        KEPT[test, what] += 1
        # What these checkers have worked out is no part of what was shown to them.
        case = pickle.dumps((what, parameters, replace(history, worked_out={}), plan))
        CASES[case] = (case, said(what, answer))


def _listened(what: str, function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def listened(history: Any, plan: Any) -> Any:
        answer = function(history, plan)
        keep(what, None, history, plan, answer)
        return answer

    return listened


def _listen_to(checker: Any) -> None:
    check = checker.check

    def listened(self: Any, history: Any, plan: Any) -> Any:
        verdict = check(self, history, plan)
        keep(checker.name, self._judge, history, plan, verdict)
        return verdict

    checker.check = listened


def pytest_configure() -> None:
    """Listen, before any test has imported what it calls."""
    from harness.checkers import classes, conditions

    conditions.results = _listened("conditions", conditions.results)
    classes.counts = _listened("classes", classes.counts)

    from harness.checkers import judge

    for checker in judge._CHECKERS.values():
        _listen_to(checker)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write them, the short ones first."""
    FILE.write_bytes(pickle.dumps(sorted(CASES.values(), key=lambda case: len(case[0]))))
