"""`stream-chaos nightly`: run the library of scenarios, and tell what changed since the nights before."""

from datetime import UTC, date, datetime
from pathlib import Path

import click

from harness.commands.ordering import check_writable, reports_option
from harness.commands.outcome import CommandFailed, ExitStatus
from harness.commands.stream_manager import stream_manager_option
from harness.nightly.where import AUTO, CHOICES

NIGHTLY = "nightly"

EPILOG = """\b
Examples:
  stream-chaos nightly
  stream-chaos nightly --environment local --only cloud_outage --only canary
  stream-chaos nightly --previous downloaded/nights --seed 2026-11-25

\b
Exit status: 0 green, 1 red (a scenario is invalid, missing, hung or crashed, or
the canary was not found out), 2 bad input or usage, 3 a scenario is unknown,
4 an environment could not be stood up; the worst, in the order 4, 1, 3, 0."""


def _date(_context: click.Context, _parameter: click.Parameter, given: str | None) -> date:
    if given is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(given)
    except ValueError as error:
        raise click.BadParameter(f"{given!r} is no date; write one such as 2026-11-25") from error


@click.command("nightly", epilog=EPILOG)
@click.option(
    "--library",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("scenarios/nightly"),
    show_default=True,
    help="Folder with library.yaml, which says what a night runs.",
)
@click.option(
    "--environment",
    type=click.Choice(CHOICES),
    default=AUTO,
    show_default=True,
    help="The edition of the world; auto: containers, or local where there is no engine.",
)
@click.option(
    "--seed",
    "night",
    metavar="DATE",
    callback=_date,
    help="The night's date, which decides what is drawn; today's by default.",
)
@click.option(
    "--previous",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="A folder of earlier nights, or one night, to compare with; by default those in the same reports.",
)
@click.option("--only", multiple=True, metavar="NAME", help="Run this scenario alone; repeat it.")
@reports_option
@stream_manager_option
def command(
    library: Path,
    environment: str,
    night: date,
    previous: Path | None,
    only: tuple[str, ...],
    reports: Path,
    stream_manager: str | None,
) -> ExitStatus:
    """Run the library of a night; tell what changed.

    Each run is a process of its own with a time limit. REPORTS/nightly/DATE/index.html is written anew after each.
    """
    # A night begins with loading all of it; the other commands need none of that.
    from harness.nightly.tonight import Asked, begin

    if previous is not None and not previous.is_dir():
        raise CommandFailed(
            f"--previous {previous}: there is no such folder; leave it out in the first night"
        )
    check_writable(reports / NIGHTLY)
    asked = Asked(
        library=library,
        environment=environment,
        date=night,
        previous=previous,
        only=only,
        nights=reports / NIGHTLY,
        stream_manager=stream_manager,
    )
    return begin(
        asked,
        say=lambda line: click.echo(line),
        warn=lambda line: click.echo(line, err=True),
    )
