"""`stream-chaos compare`: the same scenario in two editions of the world."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import click
from rich.console import Console
from rich.table import Table

from harness.commands.ordering import check_writable, order_for, reports_option
from harness.commands.outcome import CommandFailed, ExitStatus
from harness.commands.seed import seed_option
from harness.environments.editions import edition
from harness.explore.comparing import TOLERANCE, Difference, Side, compare
from harness.run.running import Ran, run_order
from harness.run.view import View, view_for
from harness.scenario.loader import Loaded, load
from harness.scenario.model import EnvironmentName

EPILOG = """\b
Examples:
  stream-chaos compare scenarios/cloud_outage.yaml
  stream-chaos compare scenarios/cloud_outage.yaml --environments simulated,containers

\b
Exit status: 0 the same, 1 they differ, 2 bad input or usage,
4 an environment could not be stood up."""

FORMAT = 1


def _two(_context: click.Context, _parameter: click.Parameter, given: str) -> tuple[str, str]:
    names = [each.strip() for each in given.split(",")]
    known = [str(each) for each in EnvironmentName]
    if len(names) != 2 or not set(names) <= set(known):
        raise click.BadParameter(f"{given!r} are not two of {', '.join(known)}")
    return names[0], names[1]


@click.command("compare", epilog=EPILOG)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--environments",
    metavar="NAME,NAME",
    default="simulated,local",
    show_default=True,
    callback=_two,
    help="The two editions.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(0, 1),
    default=TOLERANCE,
    show_default=True,
    help="The part of an exporter's readings that may end otherwise; a lost one always counts.",
)
@seed_option
@reports_option
def command(
    file: Path,
    environments: tuple[str, str],
    tolerance: float,
    seed: int | None,
    reports: Path,
) -> ExitStatus:
    """Run a scenario in two editions and compare.

    Compared are the verdict of every checker and the class of every planned reading. The runs are in REPORTS as ever,
    the comparison is in REPORTS/compare/<scenario>/<time>.json.
    """
    loaded = load(file)
    missing = set(environments) - {str(each) for each in loaded.scenario.environments}
    if missing:
        raise CommandFailed(
            f"{file} does not run in {', '.join(sorted(missing))}; add it to `environments` there, or "
            "choose others with --environments"
        )
    check_writable(reports)
    console = Console(highlight=False)
    ran = [_ran(loaded, name, seed=seed, reports=reports, console=console) for name in environments]
    sides = [_side(name, each) for name, each in zip(environments, ran, strict=True)]
    plan = sides[0][1]
    found = compare(plan, sides[0][0], sides[1][0], tolerance)
    _show(found, environments, console)
    _write(found, environments, ran, reports / "compare" / plan.scenario)
    return ExitStatus.INVALID if any(each.counts for each in found) else ExitStatus.VALID


def _ran(
    loaded: Loaded, environment: str, *, seed: int | None, reports: Path, console: Console
) -> Ran:
    world = edition(environment)
    order = order_for(loaded, environment=environment, seed=seed, reports=reports)
    console.print(f"\n[bold]{order.plan.scenario}[/bold] in {environment}, seed {order.plan.seed}")
    with view_for(console) as view:
        ran = run_order(order, world.stand_up, cast(View, view), conduct=world.conduct)
    console.print(f"  {ran.judgement.verdict}: {ran.folder}", markup=False, soft_wrap=True)
    return ran


def _side(name: str, ran: Ran) -> tuple[Side, Any]:
    # Reading it back takes what drawing takes to import: not before there is something to read.
    from harness.report.artefacts import read

    recorded = read(ran.folder)
    side = Side(name=name, history=recorded.history, judgement=ran.judgement)
    return side, recorded.plan


def _show(found: Sequence[Difference], environments: tuple[str, str], console: Console) -> None:
    if not found:
        console.print(f"\nThe same in {' and '.join(environments)}: every verdict, every reading.")
        return
    table = Table("what", *environments, "readings", "such as", "counts")
    for each in found:
        count = "" if each.readings is None else str(each.readings)
        counts = "yes" if each.counts else "no, within the tolerance"
        table.add_row(each.what, *each.ends, count, ", ".join(each.examples[:2]), counts)
    console.print(table)


def _write(
    found: Sequence[Difference], environments: tuple[str, str], ran: Sequence[Ran], folder: Path
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    document = {
        "format": FORMAT,
        "environments": list(environments),
        "runs": [str(each.folder) for each in ran],
        "same": not any(each.counts for each in found),
        "differences": [each.to_json() for each in found],
    }
    file = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.json"
    file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    click.echo(f"written: {file}")
