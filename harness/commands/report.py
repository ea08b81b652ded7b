"""`stream-chaos report`: the report of recorded runs, built again."""

from importlib import import_module
from pathlib import Path

import click

from harness.commands.outcome import CommandFailed

EPILOG = """\b
Examples:
  stream-chaos report reports/cloud_outage/latest
  stream-chaos report reports/*/latest"""


@click.command("report", epilog=EPILOG)
@click.argument("directories", nargs=-1, required=True, type=click.Path(path_type=Path))
def command(directories: tuple[Path, ...]) -> None:
    """Build the report of recorded runs again.

    DIRECTORIES are folders of runs. Each run's report is written beside its history, from its artefacts alone.
    """
    for directory in directories:
        if not (directory / "report.json").is_file():
            raise CommandFailed(
                f"{directory} has no report.json; name the folder of a finished run, below reports/"
            )
    # Drawing takes a second to import: not before it is known that there is something to draw.
    rebuild = import_module("harness.report.rebuild").rebuild
    for written in rebuild(directories):
        click.echo(f"written: {written}")
