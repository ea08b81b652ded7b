"""Rules about what a site file refers to on disk: folders, handlers, the compose file. Code is parsed, never run."""

import ast
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import yaml

from harness.scenario.explain import likely
from harness.scenario.problems import Severity
from harness.scenario.rules.finding import Finding
from harness.scenario.site_file import FunctionOnSite, SiteFile

REQUIREMENTS = "requirements.txt"
PROCESS = "x-process"


def check_code(site: SiteFile, base: Path) -> Iterator[Finding]:
    """What is wrong with the files that a site file names.

    Args:
        base: the folder that its paths are relative to.
    """
    for index, function in enumerate(site.functions):
        yield from _function(function, index, base / function.folder)
    if site.container is not None:
        yield from _compose(base / site.container.compose)


def _function(function: FunctionOnSite, index: int, folder: Path) -> Iterator[Finding]:
    path = ("functions", index)
    if not folder.is_dir():
        what = "is no folder" if folder.exists() else "is not there"
        text = f"{folder} {what}; name the folder of the function's code, relative to this file"
        yield Finding((*path, "folder"), text)
        return
    module, _, name = function.handler.replace("/", ".").rpartition(".")
    file = _file_of(folder, module)
    if file is None:
        yield _no_module(function, folder, module, index)
        return
    try:
        names = _names_in(file)
    except (SyntaxError, ValueError, OSError) as error:
        text = f"{file} cannot be parsed ({_told(error)}); mend it"
        yield Finding((*path, "handler"), text)
        return
    if names is not None and name not in names:
        text = f"{file} has no `{name}`; {likely(name, names) if names else 'it defines nothing'}"
        yield Finding((*path, "handler"), text)


def _no_module(function: FunctionOnSite, folder: Path, module: str, index: int) -> Finding:
    wanted = module.replace(".", "/")
    text = f"{folder} has neither {wanted}.py nor {wanted}/__init__.py"
    where = ("functions", index, "handler")
    if _may_bring(folder / REQUIREMENTS, module.split(".")[0]):
        text += f"; its {REQUIREMENTS} has to bring the module {module}"
        return Finding(where, text, Severity.WARNING)
    modules = [each.stem for each in sorted(folder.glob("*.py"))]
    hint = likely(module, modules) if modules else "the folder has no modules"
    return Finding(where, f"{text}; {hint}")


def _may_bring(requirements: Path, package: str) -> bool:
    """Whether a file of requirements names a package that is called like a module."""
    try:
        lines = requirements.read_text(errors="replace").splitlines()
    except OSError:
        return False
    names = (re.split(r"[^\w.-]", line.strip(), maxsplit=1)[0] for line in lines)
    return package.lower() in {re.sub(r"[-.]", "_", name).lower() for name in names}


def _file_of(folder: Path, module: str) -> Path | None:
    place = folder.joinpath(*module.split("."))
    candidates = (place.with_name(f"{place.name}.py"), place / "__init__.py")
    return next((each for each in candidates if each.is_file()), None)


def _names_in(file: Path) -> list[str] | None:
    """What a module defines at its top level; None: nobody can tell without running it."""
    with warnings.catch_warnings(action="ignore"):
        names = list(_defined(ast.parse(file.read_bytes(), str(file)).body))
    return None if "*" in names else names


def _defined(body: list[ast.stmt]) -> Iterator[str]:
    for statement in body:
        match statement:
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
            ):
                yield name
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                yield from (each.asname or each.name for each in aliases)
            case ast.Assign() | ast.AnnAssign():
                yield from _targets(statement)
            case _:
                yield from _defined(_inside(statement))


def _targets(statement: ast.Assign | ast.AnnAssign) -> Iterator[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    for target in targets:
        yield from (each.id for each in ast.walk(target) if isinstance(each, ast.Name))


def _inside(statement: ast.stmt) -> list[ast.stmt]:
    """The statements of an `if`, `try` or `with`, which are at the top level, too."""
    inner = [getattr(statement, part, []) for part in ("body", "orelse", "finalbody")]
    handlers = [each.body for each in getattr(statement, "handlers", [])]
    return [each for part in (*inner, *handlers) for each in part]


def _told(error: Exception) -> str:
    if isinstance(error, SyntaxError):
        return f"line {error.lineno}: {error.msg}"
    return str(error)


def _compose(file: Path) -> Iterator[Finding]:
    path = ("container", "compose")
    try:
        document = yaml.safe_load(file.read_bytes())
    except OSError as error:
        yield Finding(path, f"{file} cannot be read ({error.strerror}); name the compose file")
        return
    except yaml.YAMLError as error:
        yield Finding(path, f"{file}{_line_of(error)} is not YAML; mend it")
        return
    services = document.get("services") if isinstance(document, dict) else None
    if not isinstance(services, dict) or not services:
        yield Finding(path, f"{file} has no `services`; it has to be a compose file")
        return
    for name, service in services.items():
        if not isinstance(service, dict):
            yield Finding(path, f"{file}: the service {name} is no mapping; mend it")
        elif not service.get(PROCESS):
            text = (
                f"{file}: the service {name} has no `{PROCESS}` that says which command stands for it: it cannot run "
                "in the environment local"
            )
            yield Finding(path, text, Severity.WARNING)


def _line_of(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f":{mark.line + 1}" if mark else ""
