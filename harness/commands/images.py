"""`stream-chaos images`: the images of the environment `containers`."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial

import click

from harness.commands.outcome import CommandFailed, ExitStatus

EPILOG = """\b
Examples:
  stream-chaos images build
  stream-chaos images build --base debian
  STREAM_CHAOS_REGISTRY=127.0.0.1:5000 stream-chaos images build --base published
  stream-chaos images list --json
  stream-chaos images clean --all

\b
Exit status: 0 done, 4 there is no Docker engine or an image cannot be had."""

BASES = ("published", "debian", "auto")
MB = 1_000_000
ID_LETTERS = len("sha256:") + 12

_JSON = click.option("--json", "as_json", is_flag=True, help="Answer with JSON.")


@click.group("images", epilog=EPILOG)
def command() -> None:
    """Build, list or remove the images of containers.

    A run builds what it lacks by itself; this does so beforehand, or shows what is there.
    """


@command.command("build")
@click.option(
    "--base",
    type=click.Choice(BASES),
    help="What to build on: published images, Debian packages, or whichever can be had "
    "(default: STREAM_CHAOS_IMAGES_BASE, else auto).",
)
@_JSON
def build(base: str | None, as_json: bool) -> None:
    """Build every image that is not as it should be.

    Nothing is done where all are.
    """
    from harness.images import Base, ensure_images

    images = ensure_images(_say(), base=Base(base) if base else None)
    found = asdict(images)
    if as_json:
        click.echo(json.dumps(found))
        return
    for image in found.values():
        click.echo(f"{image['reference']}  {image['id'][:ID_LETTERS]}  on {image['base']}")


@command.command("list")
@_JSON
def show(as_json: bool) -> None:
    """Show the images that the engine has.

    With their size, which counts what they share with others, and whether a site of now would use them.
    """
    from harness.images.engine import connect
    from harness.images.shelf import shelf

    with _told():
        kept = shelf(connect())
    if as_json:
        click.echo(json.dumps([asdict(each) for each in kept]))
        return
    for each in kept:
        state = "stage" if each.stage else "current" if each.current else "old"
        names = " ".join(each.references) or each.id[:ID_LETTERS]
        click.echo(f"{state:8}{each.name:18}{each.bytes / MB:6.0f} MB  {names}")
    if not kept:
        click.echo("There are none; `stream-chaos images build` builds them.")


@command.command("clean")
@click.option(
    "--all", "everything", is_flag=True, help="Also those that are current, with their bases."
)
@_JSON
def clean(everything: bool, as_json: bool) -> ExitStatus:
    """Remove the images that no site of now would use.

    An image that a container still uses is left.
    """
    from harness.images.engine import connect
    from harness.images.shelf import clean as clean_shelf

    with _told():
        cleaned = clean_shelf(connect(), everything=everything)
    if as_json:
        click.echo(json.dumps(asdict(cleaned)))
    else:
        for line in cleaned.removed or ["Nothing was left."]:
            click.echo(f"removed {line}" if cleaned.removed else line)
        for line in cleaned.left:
            click.echo(f"left {line}", err=True)
    return ExitStatus.VALID


@contextmanager
def _told() -> Iterator[None]:
    from harness.images.engine import EngineRefused

    try:
        yield
    except EngineRefused as refused:
        raise CommandFailed(
            f"The Docker engine does not do what it is asked to: {refused}.",
            ExitStatus.NO_ENVIRONMENT,
        ) from refused


def _say() -> Callable[[str], None]:
    return partial(click.echo, err=True)
