"""`stream-chaos history`: what happened in a run, as JSON lines."""

from pathlib import Path

import click

from harness.commands.outcome import CommandFailed

EPILOG = """\b
Examples:
  stream-chaos history reports/cloud_outage/latest
  stream-chaos history reports/cloud_outage/latest | grep '"witness":"nemesis"'"""


@click.command("history", epilog=EPILOG)
@click.argument("run", type=click.Path(path_type=Path))
def command(run: Path) -> None:
    """Print the history of a run as JSON lines.

    RUN is the folder of a run, such as reports/cloud_outage/latest. The lines of all witnesses come in the order of
    their times; docs/reference/history.md says what they mean.
    """
    for line in lines_of(run):
        click.echo(line)


def lines_of(run: Path) -> list[str]:
    """The merged history of a run.

    Raises:
        CommandFailed: the folder is not that of a run.
    """
    if not run.is_dir():
        raise CommandFailed(f"{run} is no folder; name the folder of a run, below reports/")
    merged = run / "history.jsonl"
    if merged.is_file():
        return merged.read_text(encoding="utf-8").splitlines()
    raise CommandFailed(
        f"{run} has no history.jsonl; name the folder of a run, such as reports/cloud_outage/latest"
    )
