"""`stream-chaos heal`: heal every link of a standing site."""

import click

from harness.commands.standing_site import chosen_site, links_of, site_option

EPILOG = """\b
Examples:
  stream-chaos heal"""


@click.command("heal", epilog=EPILOG)
@site_option
def command(name: str | None) -> None:
    """Heal every link of a standing site.

    What its scenario holds on the links, such as a latency, stays.
    """
    site = chosen_site(name)
    links = links_of(site)
    sick = links.unclean(site.held)
    links.heal_all(site.held)
    for line in sick:
        click.echo(f"healed {line}")
    if not sick:
        click.echo("Every link was up already.")
