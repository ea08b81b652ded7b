"""`stream-chaos explore`: scenarios from seeds, in virtual time, until one fails or it is enough."""

import os
import shlex
import time
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import click
from click.core import ParameterSource
from rich.console import Console

from harness.checkers.verdict import Ruling
from harness.commands.ordering import check_writable, reports_option
from harness.commands.outcome import CommandFailed, ExitStatus
from harness.commands.stream_manager import stream_manager_option
from harness.explore.attempt import BROKEN, Attempt
from harness.explore.corpus import Keeper, corpus_of
from harness.explore.exploring import Exploration, Limits
from harness.explore.findings import Findings, write
from harness.explore.journal import NAME, Journal, JournalUnusable, Target
from harness.explore.showing import Tally, screen
from harness.explore.workers import workers
from harness.placing import fresh_folder, point_latest
from harness.scenario.quantities import parse_duration_ms, render_duration

EPILOG = """\b
Examples:
  stream-chaos explore --seeds 500
  stream-chaos explore --for 10m --from 100000 --corpus failures
  stream-chaos explore --stream-manager my_package.engine:PARTS --until-failure
  stream-chaos explore --resume reports/explore/latest --seeds 1000

\b
Exit status: 0 none failed, 1 one is invalid, 2 bad input or usage, 3 not one is valid,
4 the simulator itself broke, or the workers could not be had."""

SEEDS = 100
SHOWN_MAX = 10
LENGTH = "10m"
LENGTH_MS_MIN = 30_000
LONGEST = 1.3
"""A scenario is at most so many times as long as the shortest."""


def _duration_ms(
    _context: click.Context, _parameter: click.Parameter, given: str | None
) -> int | None:
    if given is None:
        return None
    try:
        return parse_duration_ms(given)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _length_ms(context: click.Context, parameter: click.Parameter, given: str) -> int | None:
    length_ms = _duration_ms(context, parameter, given)
    if length_ms is not None and length_ms < LENGTH_MS_MIN:
        raise click.BadParameter(f"{given} leaves no room for faults; write at least 30s")
    return length_ms


def _jobs(_context: click.Context, _parameter: click.Parameter, given: int | None) -> int:
    return given or len(os.sched_getaffinity(0))


@click.command("explore", epilog=EPILOG)
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    help=f"How many scenarios; {SEEDS} where no --for is given either.",
)
@click.option(
    "--from",
    "first_seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="The first seed.",
)
@click.option(
    "--for", "for_ms", metavar="DURATION", callback=_duration_ms, help="Stop after this time."
)
@click.option("--until-failure", is_flag=True, help="Stop at the first failure.")
@click.option(
    "--length",
    "length_ms",
    metavar="DURATION",
    default=LENGTH,
    show_default=True,
    callback=_length_ms,
    help="Virtual time of a scenario, at least.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    callback=_jobs,
    help="Processes side by side; by default one for each core.",
)
@click.option(
    "--dask",
    metavar="ADDRESS",
    help="Have the workers of this Dask scheduler do it; `local` begins a cluster here.",
)
@click.option(
    "--corpus",
    type=click.Path(path_type=Path, file_okay=False),
    help="Scenarios that are tried out first; those that fail are added.",
)
@click.option(
    "--resume",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Go on with the exploration in this folder, up to --seeds or as many as it had.",
)
@stream_manager_option
@reports_option
def command(
    seeds: int | None,
    first_seed: int,
    for_ms: int | None,
    until_failure: bool,
    length_ms: int,
    jobs: int,
    dask: str | None,
    corpus: Path | None,
    resume: Path | None,
    stream_manager: str | None,
    reports: Path,
) -> ExitStatus:
    """Try out scenarios that seeds draw, in virtual time.

    Each seed makes a scenario of its own; those that reach new states are changed and tried out again. What fails is
    left as a scenario file. The report is in REPORTS/explore/latest/explore.html.
    """
    check_writable(reports)
    if resume is not None:
        _check_given()
    target = Target(
        first_seed=first_seed,
        run_ms=(length_ms, round(length_ms * LONGEST)),
        stream_manager=stream_manager,
        count=SEEDS if seeds is None and for_ms is None else seeds,
    )
    sitting = _begun(target, reports) if resume is None else _resumed(resume, seeds)
    if sitting.target.count is None and for_ms is None and not until_failure:
        raise CommandFailed(f"{resume} was to end at a time; say when with --for or --seeds")
    until_s = float("inf") if for_ms is None else time.monotonic() + for_ms / 1000
    limits = Limits(until_failure=until_failure, time_is_over=lambda: time.monotonic() >= until_s)
    console = Console(highlight=False)
    with workers(jobs, dask) as staff:
        findings = _explored(sitting, limits, staff, corpus, console)
    _tell(findings, console)
    return _status(findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sitting:
    """What is explored, where, and what is known of it already."""

    target: Target
    folder: Path
    journal: Journal
    known: dict[int, Attempt]


def _begun(target: Target, reports: Path) -> _Sitting:
    folder = _fresh(reports / "explore")
    journal = Journal(folder / NAME)
    journal.begin(target)
    return _Sitting(target=target, folder=folder, journal=journal, known={})


SETTLED = {
    "first_seed": "--from",
    "length_ms": "--length",
    "stream_manager": "--stream-manager",
}
"""What an exploration that is gone on with was begun with."""


def _check_given() -> None:
    """Nothing is given beside `--resume` that the journal tells."""
    asked = click.get_current_context().get_parameter_source
    given = [SETTLED[name] for name in SETTLED if asked(name) is not ParameterSource.DEFAULT]
    if given:
        raise CommandFailed(
            f"{', '.join(given)} cannot be chosen anew beside --resume; leave it out, or explore anew"
        )


def _resumed(folder: Path, seeds: int | None) -> _Sitting:
    journal = Journal(folder / NAME)
    try:
        target = journal.target()
    except JournalUnusable as error:
        raise CommandFailed(str(error)) from error
    known = journal.attempts()
    if seeds is not None:
        if seeds <= len(known):
            raise CommandFailed(
                f"{len(known)} scenarios of {folder} have been tried out already; give --seeds more than that"
            )
        journal.extend(seeds)
        target = replace(target, count=seeds)
    return _Sitting(target=target, folder=folder, journal=journal, known=known)


def _explored(
    sitting: _Sitting,
    limits: Limits,
    staff: tuple[Executor, int],
    corpus: Path | None,
    console: Console,
) -> Findings:
    target, tally = sitting.target, Tally(time.monotonic)
    with screen(console, target.count, tally) as shown:
        exploration = Exploration(
            target,
            sitting.journal,
            known=sitting.known,
            staff=staff,
            limits=limits,
            spectator=Keeper(sitting.folder, corpus, target.run_ms, shown),
        )
        try:
            exploration.replay(corpus_of(corpus))
            exploration.explore()
        except KeyboardInterrupt:
            folder = sitting.folder
            console.print(f"What was found is kept; go on with --resume {folder}", markup=False)
            raise
    console.print(f"{len(exploration.attempts)} scenarios, {tally.line()}", markup=False)
    return Findings(
        target=target,
        attempts=exploration.attempts,
        replayed=exploration.replayed,
        wall_s=tally.elapsed_s,
        folder=sitting.folder,
        command=_repeat(target, len(exploration.attempts)),
    )


def _fresh(parent: Path) -> Path:
    """A new folder, with `latest` as a link to it."""
    folder = fresh_folder(parent, f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}")
    point_latest(folder)
    return folder


def _repeat(target: Target, tried: int) -> str:
    """The command that tries out the same scenarios, whatever ended it the first time."""
    words = ["stream-chaos", "explore", "--from", str(target.first_seed)]
    words += ["--length", render_duration(target.run_ms[0])]
    words += ["--seeds", str(max(1, tried))]
    if target.stream_manager is not None:
        words += ["--stream-manager", target.stream_manager]
    return shlex.join(words)


def _tell(findings: Findings, console: Console) -> None:
    written = write(findings)
    told = []
    for each in findings.failures[:SHOWN_MAX]:
        told.append(f"  {each.lineage:<14} {', '.join(each.accused_by) or each.verdict}")
        told.append(f"    again        {findings.repeat(each)}")
        told.append(f"    shorter      {findings.shrink(each)}")
    told.append(f"  report         {written}")
    for line in told:
        console.print(line, markup=False, soft_wrap=True)


def _status(findings: Findings) -> ExitStatus:
    if any(each.verdict == BROKEN for each in findings.failures):
        return ExitStatus.NO_ENVIRONMENT
    if findings.failures:
        return ExitStatus.INVALID
    tried = (*findings.replayed, *findings.in_order)
    proven = any(each.verdict == Ruling.VALID for each in tried)
    return ExitStatus.VALID if proven else ExitStatus.UNKNOWN
