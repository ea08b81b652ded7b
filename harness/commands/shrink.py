"""`stream-chaos shrink`: from a failing run to the shortest story that fails in the same way."""

import re
from pathlib import Path

import click

from harness.commands.outcome import CommandFailed, ExitStatus
from harness.commands.seed import seed_option
from harness.commands.stream_manager import stream_manager_option
from harness.explore.failing import Likewise, NothingToShrink, Source, accusations, read
from harness.explore.finishing import finished
from harness.explore.scenario_file import render
from harness.explore.shrinking import TRIES_MAX, Shrinker, told
from harness.explore.story import story
from harness.scenario.model import NAME_PATTERN

EPILOG = """\b
Examples:
  stream-chaos shrink reports/cloud_outage/latest -o shorter.yaml
  stream-chaos shrink reports/explore/latest/failures/explored_812.yaml -o shorter.yaml
  stream-chaos shrink lost.yaml -o shorter.yaml --stream-manager my_package.engine:PARTS

\b
Exit status: 0 written, 2 bad input or usage, 3 it does not fail in virtual time,
4 the stream manager cannot be had."""


@click.command("shrink", epilog=EPILOG)
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The scenario file that is written; its name is the scenario's.",
)
@click.option("--checker", help="Which accusation is kept; by default the first one.")
@click.option(
    "--tries",
    type=click.IntRange(min=1),
    default=TRIES_MAX,
    show_default=True,
    help="After so many scenarios it is enough.",
)
@seed_option
@stream_manager_option
def command(
    run: Path,
    output: Path,
    checker: str | None,
    tries: int,
    seed: int | None,
    stream_manager: str | None,
) -> ExitStatus:
    """Reduce a failing run to its shortest story.

    RUN is the folder of a run, or a scenario file such as exploring leaves. It is tried out in virtual time: faults are
    left out, merged, shortened and rounded, then the load, then the configuration, as long as the same checker says
    `invalid`.
    """
    if not re.fullmatch(NAME_PATTERN, output.stem):
        raise CommandFailed(
            f"{output.stem!r} is no name of a scenario; call the file as in -o shorter_story.yaml"
        )
    try:
        source = read(run, seed=seed, stream_manager=stream_manager)
    except (NothingToShrink, ValueError) as error:
        raise CommandFailed(str(error)) from error
    accused = _accused(source, checker)
    likewise = Likewise(accused, source.stream_manager)
    click.echo(f"{told(source.document)}: {accused} says invalid")
    shrinker = Shrinker(likewise, click.echo, tries_max=tries)
    small = shrinker.shrink(source.document)
    finding = accusations(small, source.stream_manager)[accused]
    kept = finished(
        small,
        name=output.stem,
        finding=f"{accused}: {finding}",
        stream_manager=source.stream_manager,
    )
    output.write_bytes(render(kept))
    click.echo(f"{shrinker.tries} tried; {told(kept)}: {story(small, f'{accused}: {finding}')}")
    click.echo(f"written: {output}")
    return ExitStatus.VALID


def _accused(source: Source, checker: str | None) -> str:
    """Whose accusation is kept.

    Raises:
        CommandFailed: nobody accuses, or not who was named.
    """
    found = accusations(source.document, source.stream_manager)
    if not found:
        raise CommandFailed(
            "Nothing fails when this runs in virtual time, so that there is nothing to shrink; "
            "with another stream manager name it with --stream-manager module:name",
            ExitStatus.UNKNOWN,
        )
    if checker is not None and checker not in found:
        raise CommandFailed(f"{checker} does not accuse it; {', '.join(found)} does")
    return checker or next(iter(found))
