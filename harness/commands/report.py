"""`stream-chaos report`: the report of recorded runs, built again."""

from collections.abc import Iterable
from pathlib import Path

import click

from harness.commands.outcome import CommandFailed
from harness.report.history_file import history_file

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
    # Drawing takes a second to import: not before it is known that there is something to draw.
    _check(directories)
    from harness.report.artefacts import NotARun
    from harness.report.rebuild import rebuild

    try:
        for written in rebuild(directories):
            click.echo(f"written: {written}")
    except NotARun as error:
        raise CommandFailed(str(error)) from error


def _check(directories: Iterable[Path]) -> None:
    for directory in directories:
        if history_file(directory) is None:
            raise CommandFailed(
                f"{directory} has no history.jsonl; name the folder of a finished run, such as "
                "reports/cloud_outage/latest"
            )
