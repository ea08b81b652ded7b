"""The option that puts another server in the place of our stream manager."""

import shlex

import click


def _command_line(
    _context: click.Context, _parameter: click.Parameter, given: str | None
) -> str | None:
    if given is None:
        return None
    try:
        words = shlex.split(given)
    except ValueError as error:
        raise click.BadParameter(f"{given!r} is no command line: {error}") from error
    if not words:
        raise click.BadParameter("it is empty; leave the option out to use our server")
    return given


stream_manager_option = click.option(
    "--stream-manager",
    metavar="COMMAND",
    callback=_command_line,
    help="Run this in the place of our stream manager.",
)
