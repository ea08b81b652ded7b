"""`stream-chaos list`: the scenarios that are there."""

import json
from collections.abc import Mapping
from pathlib import Path
from textwrap import wrap
from typing import Any

import click

from harness.commands.outcome import ExitStatus
from harness.plan.compiling import compile_plan
from harness.plan.rendering import rough_duration_ms
from harness.scenario.catalogue import DEFAULT_FOLDER, find
from harness.scenario.loader import Loaded, load
from harness.scenario.problems import BadScenario

EPILOG = """\b
Examples:
  stream-chaos list
  stream-chaos list my_scenarios --json"""


@click.command("list", epilog=EPILOG)
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON for each scenario.")
def command(folders: tuple[Path, ...], as_json: bool) -> ExitStatus:
    """Show the scenarios that are there.

    FOLDERS are looked through for scenarios; `scenarios` when none is given.
    """
    bad: list[BadScenario] = []
    for file in find(folders or (DEFAULT_FOLDER,)):
        try:
            summary = summary_of(load(file))
        except BadScenario as problems:
            bad.append(problems)
            continue
        click.echo(json.dumps(summary) if as_json else _shown(summary))
    for each in bad:
        click.echo(str(each), err=True)
    return ExitStatus.BAD_INPUT if bad else ExitStatus.VALID


def summary_of(loaded: Loaded) -> dict[str, Any]:
    """What a list tells of one scenario."""
    plan = compile_plan(loaded.scenario, 1)
    return {
        "scenario": plan.scenario,
        "file": str(loaded.file),
        "description": plan.description,
        "environments": list(plan.environments),
        "seconds": round(rough_duration_ms(plan) / 1000),
        "judges": [judge.name for judge in plan.judges],
    }


def _shown(summary: Mapping[str, Any]) -> str:
    head = (
        f"{summary['scenario']}  ({', '.join(summary['environments'])}; about {summary['seconds']} s; "
        f"{', '.join(summary['judges'])})"
    )
    return "\n".join([head, *(f"    {line}" for line in wrap(summary["description"], 96)), ""])
