"""`stream-chaos history`: what happened in a run, as JSON lines."""

from collections.abc import Iterator
from pathlib import Path

import click

from harness.commands.outcome import CommandFailed
from harness.report.history_file import history_file, texts_in

EPILOG = """\b
Examples:
  stream-chaos history reports/cloud_outage/latest
  stream-chaos history reports/cloud_outage/latest | grep '"witness":"nemesis"'"""


@click.command("history", epilog=EPILOG)
@click.argument("run", type=click.Path(path_type=Path))
def command(run: Path) -> None:
    """Print the history of a run as JSON lines.

    RUN is the folder of a run, such as reports/cloud_outage/latest. The lines of all witnesses come in the order of
    their times, those of a run in virtual time in the order in which they were written; docs/reference/history.md says
    what they mean.
    """
    for text in told(run):
        click.echo(text, nl=False)


def told(run: Path) -> Iterator[str]:
    """The merged history of a run, a line after the other.

    Raises:
        CommandFailed: the folder is not that of a run.
    """
    if not run.is_dir():
        raise CommandFailed(f"{run} is no folder; name the folder of a run, below reports/")
    file = history_file(run)
    if file is None:
        raise CommandFailed(
            f"{run} has no history.jsonl; name the folder of a run, such as reports/cloud_outage/latest"
        )
    return _read(file)


def lines_of(run: Path) -> list[str]:
    """The merged history of a run, without the ends of its lines.

    Raises:
        CommandFailed: the folder is not that of a run.
    """
    return [text.removesuffix("\n") for text in told(run)]


def _read(file: Path) -> Iterator[str]:
    try:
        yield from texts_in(file)
    except (OSError, ValueError) as error:
        raise CommandFailed(f"{file} cannot be read: {error}") from error
