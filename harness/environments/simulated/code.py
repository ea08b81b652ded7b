"""The code of the site's functions, from the folders that are deployed elsewhere: read once, run for each site."""

import importlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from system.stack.bundles import function_folder

SERVED_BY = {"flask": ("Flask", "jsonify", "request"), "werkzeug.serving": ("make_server",)}
"""What functions import for their HTTP APIs, which nobody asks here."""


def load_code(function: str, stand_ins: Mapping[str, ModuleType]) -> Mapping[str, Any]:
    """The modules of a function by name, made afresh.

    Args:
        function: name of its folder.
        stand_ins: what its imports find instead of what is installed.
    """
    folder = function_folder(function)
    own = [path.stem for path in folder.glob("*.py")]
    with _found(folder, own, {**_servers(), **stand_ins}):
        return {name: importlib.import_module(name) for name in own}


@contextmanager
def _found(folder: Path, own: Sequence[str], stand_ins: Mapping[str, ModuleType]) -> Iterator[None]:
    """While the block runs, imports find these modules under these names."""
    names = [*own, *stand_ins]
    hidden = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    finder = _Finder(folder, own)
    sys.modules.update(stand_ins)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(hidden)


def _servers() -> dict[str, ModuleType]:
    made = {}
    for name, attributes in SERVED_BY.items():
        made[name] = ModuleType(name)
        vars(made[name]).update(dict.fromkeys(attributes))
    return made


class _Finder:
    """Finds the modules of one folder."""

    def __init__(self, folder: Path, own: Sequence[str]) -> None:
        self._files = {name: str(folder / f"{name}.py") for name in own}

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """See `importlib.abc.MetaPathFinder`."""
        file = self._files.get(name)
        if file is None:
            return None
        return spec_from_file_location(name, file, loader=_Loader(name, file))


class _Loader(SourceFileLoader):
    """Compiles each file once in a process."""

    def get_code(self, fullname: str) -> CodeType:
        """See `importlib.abc.InspectLoader`."""
        return _compiled(self.path)


@cache
def _compiled(file: str) -> CodeType:
    return compile(Path(file).read_bytes(), file, "exec", dont_inherit=True)
