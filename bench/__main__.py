"""`python -m bench`: run the benchmarks, or publish what a run found."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from bench.benchmark import Benchmark
from bench.catalogue import BENCHMARKS
from bench.document import published
from bench.machine import machine
from bench.plot import plot
from bench.results import Result, Results, read_results
from bench.table import table
from bench.tools import ensure_client
from bench.workbench import workbench
from harness.environments.errors import EnvironmentUnavailable
from harness.interruption import interruptible
from harness.waiting import WaitedInVain

ROUNDS, SECONDS = 9, 1.0
QUICK_ROUNDS, QUICK_SECONDS = 1, 0.1
MISSED, UNAVAILABLE = 1, 4
RESULTS, PLOT = "results.json", "results.svg"
ROOT = Path(__file__).parents[1]


def _say(line: str) -> None:
    click.echo(line, err=True)


@click.group(invoke_without_command=True)
@click.option("--quick", is_flag=True, help="One short round of each, to see that it works.")
@click.option("--only", multiple=True, type=click.Choice(list(BENCHMARKS)), help="Run this one.")
@click.option("--rounds", type=click.IntRange(min=1), help=f"Rounds of each; {ROUNDS} by default.")
@click.option("--seconds", type=float, help=f"Of one measurement; {SECONDS:g} by default.")
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports/bench"),
    show_default=True,
    help="Folder for results and plot; the stores are on its disk.",
)
@click.pass_context
def main(
    context: click.Context,
    quick: bool,
    only: tuple[str, ...],
    rounds: int | None,
    seconds: float | None,
    into: Path,
) -> None:
    """Run the benchmarks of the stream manager.

    Exit status: 0 all targets met, 1 one is missed (never with --quick), 4 something could not be measured.
    """
    if context.invoked_subcommand is not None:
        return
    into.mkdir(parents=True, exist_ok=True)
    chosen = [BENCHMARKS[name] for name in only or BENCHMARKS]
    found: list[Result] = []
    facts = machine(datetime.now(UTC))
    fields = {
        "rounds": rounds or (QUICK_ROUNDS if quick else ROUNDS),
        "seconds": seconds or (QUICK_SECONDS if quick else SECONDS),
    }
    for benchmark in chosen:
        _say(f"{benchmark.name}: {benchmark.question}")
        result = _result(benchmark, into, quick=quick, **fields)
        click.echo(table(result))
        found.append(result)
        # After each: a run that is ended early has found something.
        results = Results(
            machine=facts, rounds=int(fields["rounds"]), quick=quick, benchmarks=tuple(found)
        )
        results.write(into / RESULTS)
    (into / PLOT).write_text(plot(results))
    _say(f"{into / RESULTS}, {into / PLOT}")
    sys.exit(_status(results))


def _result(
    benchmark: Benchmark, into: Path, *, quick: bool, rounds: float, seconds: float
) -> Result:
    """What a benchmark found; one that cannot be measured leaves the others their turn."""
    try:
        with (
            interruptible(),
            workbench(
                below=into,
                client=ensure_client(_say),
                rounds=int(rounds),
                seconds=seconds,
                quick=quick,
                progress=_say,
            ) as bench,
        ):
            return benchmark.run(bench)
    except (EnvironmentUnavailable, WaitedInVain) as error:
        return benchmark.not_run(str(error))


def _status(results: Results) -> int:
    if any(result.missing for result in results.benchmarks):
        return UNAVAILABLE
    missed = [each for result in results.benchmarks for each in result.verdicts if not each.met]
    return MISSED if missed and not results.quick else 0


@main.command()
@click.argument(
    "results", type=click.Path(path_type=Path, exists=True), default=f"reports/bench/{RESULTS}"
)
def publish(results: Path) -> None:
    """Write docs/reference/benchmarks.md and its plot from the results of a run."""
    found = read_results(results)
    if found.quick:
        raise click.UsageError(f"{results} is of a quick run, whose figures mean nothing")
    document = ROOT / "docs" / "reference" / "benchmarks.md"
    picture = ROOT / "docs" / "images" / "benchmarks.svg"
    document.write_text(published(found, BENCHMARKS))
    picture.write_text(plot(found))
    _say(f"{document}, {picture}")


if __name__ == "__main__":
    main()
