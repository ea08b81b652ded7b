"""`stream-chaos list`: the scenarios and the connectivity presets that are there."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any

import click

from harness.commands.outcome import ExitStatus
from harness.plan.compiling import compile_plan
from harness.plan.rendering import rough_duration_ms, time_scale
from harness.scenario.catalogue import DEFAULT_FOLDER, find
from harness.scenario.loader import Loaded, load
from harness.scenario.preset import Preset
from harness.scenario.preset_loader import FOLDER, load_preset, preset_files
from harness.scenario.problems import BadScenario

EPILOG = """\b
Examples:
  stream-chaos list
  stream-chaos list --presets
  stream-chaos list my_scenarios --json"""


@click.command("list", epilog=EPILOG)
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path))
@click.option("--presets", "only_presets", is_flag=True, help="Show the presets alone.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON for each.")
def command(folders: tuple[Path, ...], only_presets: bool, as_json: bool) -> ExitStatus:
    """Show the scenarios and presets that are there.

    FOLDERS are looked through for scenarios, and their `presets` for presets; `scenarios` when none is given.
    """
    bad: list[BadScenario] = []
    folders = folders or (DEFAULT_FOLDER,)
    for file in () if only_presets else find(folders):
        try:
            summary = summary_of(load(file))
        except BadScenario as problems:
            bad.append(problems)
            continue
        click.echo(json.dumps(summary) if as_json else _shown(summary))
    # A program that asks for scenarios gets nothing else.
    if only_presets or not as_json:
        _presets(folders, bad, as_json=as_json)
    for each in bad:
        click.echo(str(each), err=True)
    return ExitStatus.BAD_INPUT if bad else ExitStatus.VALID


def _presets(folders: Sequence[Path], bad: list[BadScenario], *, as_json: bool) -> None:
    near = [each / FOLDER for each in folders if (each / FOLDER).is_dir()]
    for file in preset_files(near).values():
        try:
            preset = load_preset(file).preset
        except BadScenario as problems:
            bad.append(problems)
            continue
        summary = {"preset": preset.preset, "file": str(file), "description": preset.description}
        click.echo(json.dumps(summary) if as_json else _shown_preset(preset))


def _shown_preset(preset: Preset) -> str:
    bases = ", ".join(sorted({str(each.basis) for each in preset.sources}))
    head = f"preset {preset.preset}  ({bases}; {time_scale(preset.scale)})"
    return "\n".join([head, *(f"    {line}" for line in wrap(preset.description, 96)), ""])


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
