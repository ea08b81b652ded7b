"""`stream-chaos run`: stand the system up, disturb it, judge what was kept."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import click
from rich.console import Console
from rich.text import Text

from harness.checkers.verdict import Ruling
from harness.commands.ordering import STATUS, check_writable, order_for, reports_option
from harness.commands.outcome import CommandFailed, ExitStatus, worst
from harness.commands.seed import seed_option
from harness.commands.stream_manager import stream_manager_option
from harness.environments.editions import Edition, edition
from harness.environments.errors import EnvironmentUnavailable
from harness.run.running import Order, Ran, run_order
from harness.run.view import View, view_for
from harness.scenario.catalogue import load_all
from harness.scenario.loader import Loaded
from harness.scenario.model import EnvironmentName

EPILOG = """\b
Examples:
  stream-chaos run scenarios --environment local
  stream-chaos run scenarios/cloud_outage.yaml --seed 7
  stream-chaos run scenarios/cloud_outage.yaml --stream-manager 'my-server --flag'

\b
Exit status: 0 valid, 1 invalid, 2 bad input or usage, 3 unknown,
4 the environment could not be stood up; of several scenarios the worst,
in the order 4, 1, 3, 0."""


@click.command("run", epilog=EPILOG)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--environment",
    type=click.Choice([str(name) for name in EnvironmentName]),
    default="local",
    show_default=True,
    help="The edition of the world.",
)
@seed_option
@click.option(
    "--check-determinism",
    is_flag=True,
    help="With simulated: run twice, and compare the histories to the byte.",
)
@reports_option
@stream_manager_option
def command(
    files: tuple[Path, ...],
    environment: str,
    seed: int | None,
    check_determinism: bool,
    reports: Path,
    stream_manager: str | None,
) -> ExitStatus:
    """Run scenarios and judge what was kept.

    FILES are scenario files or folders of them. Each is run on a site of its own, which is down afterwards; its report
    is in REPORTS/<scenario>/latest/report.html.
    """
    if check_determinism and environment != EnvironmentName.SIMULATED:
        raise CommandFailed(
            f"What happens in {environment} is never the same twice; --check-determinism goes with "
            "--environment simulated"
        )
    loaded = load_all(files)
    for warning in (warning for each in loaded for warning in each.warnings):
        click.echo(str(warning), err=True)
    world = edition(environment)
    chosen = _for_environment(loaded, environment)
    check_writable(reports)
    console = Console(highlight=False)
    statuses = []
    for each in chosen:
        order = order_for(
            each,
            environment=environment,
            seed=seed,
            reports=reports,
            stream_manager=stream_manager,
        )
        statuses.append(_run(order, world, console, check_determinism))
    if len(statuses) > 1:
        console.print(f"\n{len(statuses)} scenarios: {_counted(chosen, statuses)}", markup=False)
    return worst(statuses)


def _counted(loaded: Sequence[Loaded], statuses: Sequence[ExitStatus]) -> str:
    """Which ended how."""
    words = (status.name.lower().replace("_", " ") for status in statuses)
    return ", ".join(
        f"{each.scenario.scenario} {word}" for each, word in zip(loaded, words, strict=True)
    )


def _for_environment(loaded: Sequence[Loaded], environment: str) -> list[Loaded]:
    """The scenarios that can run in an environment; the others are named and left out.

    Raises:
        CommandFailed: there is none.
    """
    foreign = [each for each in loaded if environment not in each.scenario.environments]
    if foreign and len(foreign) == len(loaded):
        names = ", ".join(
            f"{each.file} ({', '.join(each.scenario.environments)})" for each in foreign
        )
        raise CommandFailed(
            f"No scenario can run in {environment}: {names}; choose one of these with --environment, or "
            f"add {environment} to the scenario's `environments`"
        )
    for each in foreign:
        click.echo(f"{each.file}: not for {environment}, left out", err=True)
    return [each for each in loaded if each not in foreign]


def _run(order: Order, world: Edition, console: Console, check_determinism: bool) -> ExitStatus:
    console.print(f"\n[bold]{order.plan.scenario}[/bold], seed {order.plan.seed}")
    try:
        with view_for(console) as view:
            ran = run_order(order, world.stand_up, cast(View, view), conduct=world.conduct)
    except EnvironmentUnavailable as error:
        # The next scenario may still find what this one could not have.
        click.echo(str(error), err=True)
        return ExitStatus.NO_ENVIRONMENT
    for line in _told(ran):
        console.print(line, soft_wrap=True)
    status = STATUS[ran.judgement.verdict]
    if check_determinism and not _is_told_again(order, ran, console):
        return worst([status, ExitStatus.INVALID])
    return status


def _is_told_again(order: Order, ran: Ran, console: Console) -> bool:
    """Whether a second run tells the same to the byte."""
    from harness.commands.history import lines_of
    from harness.explore.determinism import divergence
    from harness.explore.trial import try_out
    from harness.history.lines import render

    told = lines_of(ran.folder)
    again = render(try_out(order.plan, order.stream_manager).lines).splitlines()
    parting = divergence(told, again)
    if parting is None:
        console.print(_row("determinism", "valid", f"a second run told the same {len(told)} lines"))
        return True
    console.print(_row("determinism", "invalid", str(parting)), soft_wrap=True)
    return False


def _told(ran: Ran) -> Iterator[Text]:
    judgement = ran.judgement
    if ran.failed:
        yield Text(f"  the run was broken off: {ran.failed}")
    for verdict in judgement.checkers:
        yield _row(verdict.name, verdict.verdict, verdict.reason)
        if verdict.verdict is Ruling.INVALID:
            yield from (_row("", "", f"- {example}") for example in verdict.examples[:3])
    for condition in judgement.conditions:
        if not condition.met:
            yield _row("condition", "unmet", f"{condition.name}: {condition.evidence}")
    # Why a run is valid or invalid has just been said by who says so.
    unknown = judgement.verdict is Ruling.UNKNOWN
    yield _row("verdict", judgement.verdict, judgement.reason if unknown else "")
    yield Text(f"  {'report':<12} {ran.folder / 'report.html'}")


COLOURS = {"valid": "green", "invalid": "bold red", "unknown": "yellow", "unmet": "yellow"}


def _row(name: str, ruling: str, said: str) -> Text:
    row = Text(f"  {name:<12} ")
    row.append(f"{ruling:<8} " if said else ruling, style=COLOURS.get(ruling, ""))
    return row.append(said)
