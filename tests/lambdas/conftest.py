"""Functions are leaves: a test loads a module of one by its path, as a core does, and forgets it again."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

FUNCTIONS = Path(__file__).parents[2] / "lambdas"


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], ModuleType]]:
    """Loads `module` of `function`, with the function's folder first on the path."""
    before = set(sys.modules)

    def load_module(function: str, module: str) -> ModuleType:
        monkeypatch.syspath_prepend(FUNCTIONS / function)
        return importlib.import_module(module)

    yield load_module
    for name in set(sys.modules) - before:
        origin = getattr(sys.modules[name], "__file__", None)
        if origin and FUNCTIONS in Path(origin).parents:
            del sys.modules[name]
