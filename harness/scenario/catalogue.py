"""Where scenarios are found: files and folders as they are named on a command line."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from harness.scenario import document as documents
from harness.scenario.loader import Loaded, load
from harness.scenario.problems import BadScenario, Problem
from harness.scenario.site_loader import is_site

SUFFIXES = (".yaml", ".yml")
DEFAULT_FOLDER = Path("scenarios")


def find(arguments: Iterable[Path]) -> list[Path]:
    """The files that arguments mean: a file itself, the scenarios of a folder by name; each once. Site files are none.

    Raises:
        BadScenario: a folder has none.
    """
    found: list[Path] = []
    problems: list[Problem] = []
    for argument in arguments:
        files = sorted(_in_folder(argument)) if argument.is_dir() else [argument]
        if not files:
            problems.append(_empty(argument))
        found += [file for file in files if file not in found]
    if problems:
        raise BadScenario(problems)
    return found


def load_all(arguments: Iterable[Path]) -> list[Loaded]:
    """The scenarios that arguments mean.

    Raises:
        BadScenario: with all that is wrong with any of them.
    """
    loaded: list[Loaded] = []
    problems: list[Problem] = []
    for file in find(arguments):
        try:
            loaded.append(load(file))
        except BadScenario as bad:
            # Several scenarios may name the same site file.
            problems += [each for each in bad.problems if each not in problems]
    if problems:
        raise BadScenario(problems)
    return loaded


def _in_folder(folder: Path) -> Iterator[Path]:
    files = (file for file in folder.iterdir() if file.suffix in SUFFIXES and file.is_file())
    return (file for file in files if not _is_site_file(file))


def _is_site_file(file: Path) -> bool:
    """Whether it is a site file, which stands beside the scenarios that name it."""
    with suppress(OSError):
        content = file.read_bytes()
        return b"site:" in content and is_site(documents.read(content).data)
    return False


def _empty(folder: Path) -> Problem:
    text = "the folder has no scenario (*.yaml); name another, or write one with `stream-chaos init NAME`"
    return Problem(file=str(folder), line=0, column=0, path="", text=text)
