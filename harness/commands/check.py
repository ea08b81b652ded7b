"""`stream-chaos check`: load, validate and compile; nothing is run."""

import json
from contextlib import suppress
from pathlib import Path

import click

from harness.commands.outcome import ExitStatus
from harness.commands.seed import seed_option
from harness.plan.compiling import compile_plan
from harness.plan.rendering import render
from harness.scenario import document as documents
from harness.scenario.catalogue import find
from harness.scenario.loader import Loaded, load
from harness.scenario.problems import BadScenario, Problem, Severity
from harness.scenario.site_loader import is_site, load_site

EPILOG = """\b
Examples:
  stream-chaos check scenarios/cloud_outage.yaml
  stream-chaos check scenarios --seed 7
  stream-chaos check scenarios/throughput_20hz.yaml --json"""


@click.command("check", epilog=EPILOG)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@seed_option
@click.option("--json", "as_json", is_flag=True, help="Print each plan as one line of JSON.")
def command(files: tuple[Path, ...], seed: int | None, as_json: bool) -> ExitStatus:
    """Load and compile scenarios; print plans or problems.

    FILES are scenario files, site files or folders of scenarios. Every problem of every file is listed, each with file
    and line.
    """
    loaded, problems = _load(files)
    for problem in problems:
        click.echo(str(problem), err=True)
    for each in loaded:
        plan = compile_plan(each.scenario, each.scenario.seed if seed is None else seed)
        click.echo(json.dumps(plan.to_json()) if as_json else render(plan) + "\n")
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if errors:
        click.echo(_sum(errors), err=True)
    return ExitStatus.BAD_INPUT if errors else ExitStatus.VALID


def _load(arguments: tuple[Path, ...]) -> tuple[list[Loaded], list[Problem]]:
    """What is sound of the files, and all that is wrong with them: one bad file does not hide another's plan."""
    loaded: list[Loaded] = []
    problems: list[Problem] = []
    for argument in arguments:
        try:
            for file in find([argument]):
                _load_one(file, loaded, problems)
        except BadScenario as bad:
            problems += bad.problems
    return loaded, problems


def _load_one(file: Path, loaded: list[Loaded], problems: list[Problem]) -> None:
    if any(each.file == file for each in loaded):
        return
    try:
        if _says_that_it_is_a_site(file):
            found = load_site(file).warnings
            click.echo(f"{file} is a sound site file.\n", err=True)
        else:
            loaded.append(load(file))
            found = loaded[-1].warnings
    except BadScenario as bad:
        found = bad.problems
    # Several scenarios may name the same site file.
    problems += [each for each in found if each not in problems]


def _says_that_it_is_a_site(file: Path) -> bool:
    with suppress(OSError):
        return is_site(documents.read(file.read_bytes()).data)
    return False


def _sum(errors: list[Problem]) -> str:
    files = len({problem.file for problem in errors})
    return f"{len(errors)} problem{'s'[: len(errors) > 1]} in {files} file{'s'[: files > 1]}."
