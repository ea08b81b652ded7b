"""What every command shares that runs scenarios: the folder of the reports, and the order for a run."""

import shlex
import tempfile
from pathlib import Path

import click

from harness.checkers.verdict import Ruling
from harness.commands.outcome import CommandFailed, ExitStatus
from harness.plan.compiling import compile_plan
from harness.run.running import Order
from harness.scenario.loader import Loaded

STATUS = {
    Ruling.VALID: ExitStatus.VALID,
    Ruling.INVALID: ExitStatus.INVALID,
    Ruling.UNKNOWN: ExitStatus.UNKNOWN,
}

reports_option = click.option(
    "--reports",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports"),
    show_default=True,
    help="Folder of the reports.",
)


def check_writable(reports: Path) -> None:
    """Better now than when a site stands.

    Raises:
        CommandFailed: no report can be written there.
    """
    try:
        reports.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=reports):
            pass
    except OSError as error:
        raise CommandFailed(
            f"Nothing can be written to the folder of the reports, {reports}: {error.strerror or error}; "
            "choose another with --reports"
        ) from error


def order_for(
    loaded: Loaded,
    *,
    environment: str,
    seed: int | None,
    reports: Path,
    stream_manager: str | None = None,
) -> Order:
    """The order that runs a scenario with a seed, or with its own where that is None."""
    seed = loaded.scenario.seed if seed is None else seed
    return Order(
        plan=compile_plan(loaded.scenario, seed),
        scenario=loaded.content,
        site=own.content if (own := loaded.scenario.site.own) else None,
        environment=environment,
        reports=reports,
        stream_manager=stream_manager,
        command=_repeat(loaded.file, environment, seed, stream_manager),
    )


def _repeat(file: Path, environment: str, seed: int, stream_manager: str | None) -> str:
    words = ["stream-chaos", "run", str(file), "--environment", environment, "--seed", str(seed)]
    if stream_manager is not None:
        words += ["--stream-manager", stream_manager]
    return shlex.join(words)
