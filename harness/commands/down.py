"""`stream-chaos down`: take a standing site down."""

import click

from harness.commands.standing_site import chosen_site, remove_records, site_option
from harness.environments.site.register import Register
from harness.interruption import undisturbed

EPILOG = """\b
Examples:
  stream-chaos down
  stream-chaos down --site 20261125T101500-3fa2c1"""


@click.command("down", epilog=EPILOG)
@site_option
def command(name: str | None) -> None:
    """Take a standing site down.

    Its processes and containers end, and its files are removed, records and logs included.
    """
    site = chosen_site(name)
    with undisturbed():
        ended = Register().remove(site.name)
        remove_records([site.witness.parent])
    click.echo(f"The site {site.name} is down; {ended} were ended.")
