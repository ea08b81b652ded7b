"""`stream-chaos zoo`: what is broken on purpose, in virtual time, and which checker finds it."""

import os
from collections.abc import Sequence
from pathlib import Path

import click

from harness.commands.outcome import CommandFailed, ExitStatus
from harness.zoo.catalogue import Inhabitant, inhabitants, scenarios
from harness.zoo.telling import line_of, not_judged, stranger, summary, write
from harness.zoo.visiting import Visit, tour, visit_scenarios

EPILOG = """\b
Examples:
  stream-chaos zoo
  stream-chaos zoo drops_a_batch sends_twice --seeds 5
  stream-chaos zoo --stream-manager my_package.engine:PARTS
  stream-chaos zoo --write docs/reference/zoo.md

\b
Exit status: 0 every broken one is caught and no sound one accused, 1 otherwise,
2 bad input or usage, 4 what stands in cannot be had.
With --stream-manager: 0 valid everywhere, 1 accused, 3 unknown somewhere."""

SEEDS = 3


@click.command("zoo", epilog=EPILOG)
@click.argument("names", nargs=-1)
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    default=SEEDS,
    show_default=True,
    help="How many at most to find a broken one; a sound one is judged with each.",
)
@click.option("--jobs", type=click.IntRange(min=1), help="Processes at once; one for each core.")
@click.option(
    "--stream-manager",
    "stands_in",
    metavar="MODULE:NAME",
    help="Judge this in every scenario of the zoo, in the place of the inhabitants; not with names.",
)
@click.option(
    "--write",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the page with all that was found; not with names.",
)
def command(
    names: tuple[str, ...], seeds: int, jobs: int | None, stands_in: str | None, page: Path | None
) -> ExitStatus:
    """Let the checkers find what is broken on purpose.

    NAMES of inhabitants; all of them, and our own site, when none is given.
    """
    if page is not None and (names or stands_in):
        raise CommandFailed(
            "A page is written of the whole zoo: leave the names out", ExitStatus.BAD_INPUT
        )
    if stands_in is not None and names:
        raise CommandFailed(
            "--stream-manager is judged in every scenario of the zoo: leave the names out",
            ExitStatus.BAD_INPUT,
        )
    order = range(1, seeds + 1)
    crew = jobs or len(os.sched_getaffinity(0))
    if stands_in is not None:
        return _stranger(stands_in, order, crew)
    chosen = _chosen(names)
    visits: list[Visit] = []
    for visit in tour(chosen, () if names else scenarios(), order, crew):
        visits.append(visit)
        click.echo(line_of(visit))
    click.echo(summary(visits))
    if not names:
        click.echo(not_judged(inhabitants()))
    if page is not None:
        write(page, visits, inhabitants())
        click.echo(f"  written  {page}")
    sound = all(each.as_it_should_be for each in visits)
    return ExitStatus.VALID if sound else ExitStatus.INVALID


def _chosen(names: Sequence[str]) -> list[Inhabitant]:
    here = [each for each in inhabitants() if each.stands_in is not None]
    unknown = sorted(set(names) - {each.name for each in here})
    if unknown:
        known = ", ".join(each.name for each in here)
        raise CommandFailed(
            f"Nobody of this name lives in the zoo's virtual time: {', '.join(unknown)}. There are: {known}",
            ExitStatus.BAD_INPUT,
        )
    return [each for each in here if not names or each.name in names]


def _stranger(stands_in: str, seeds: Sequence[int], jobs: int) -> ExitStatus:
    looks = visit_scenarios(scenarios(), seeds, stands_in, jobs)
    click.echo(stranger(looks))
    accused = {name for look in looks for name in look.accused_by}
    click.echo(f"  {stands_in} is accused by {', '.join(sorted(accused)) or 'nobody'}")
    verdicts = {look.verdict for look in looks}
    if "invalid" in verdicts:
        return ExitStatus.INVALID
    return ExitStatus.UNKNOWN if "unknown" in verdicts else ExitStatus.VALID
