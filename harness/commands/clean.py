"""`stream-chaos clean`: remove what interrupted runs left."""

import click

from harness.commands.standing_site import remove_orphaned_records
from harness.environments.site.register import Register
from harness.interruption import undisturbed

EPILOG = """\b
Examples:
  stream-chaos clean"""


@click.command("clean", epilog=EPILOG)
def command() -> None:
    """Remove what interrupted runs left.

    Sites whose run was killed, with their processes, and what was logged by sites that are gone. A site that stands is
    left standing, reports are left where they are.
    """
    with undisturbed():
        removed = [*Register().clean(), *remove_orphaned_records()]
    for line in removed or ["Nothing was left."]:
        click.echo(f"removed {line}" if removed else line)
