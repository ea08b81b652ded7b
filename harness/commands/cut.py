"""`stream-chaos cut`: cut a standing site's uplink."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack

import click

from harness.commands.outcome import CommandFailed
from harness.commands.standing_site import chosen_site, links_of, site_option
from harness.environments.site.link_faults import link_lease, toxics_of
from harness.environments.site.links import Links
from harness.environments.site.site import SERVICES, Site
from harness.fault.direction import Lost
from harness.fault.service import Service
from harness.interruption import interruptible, undisturbed
from harness.scenario.faults import cut
from harness.scenario.quantities import parse_duration_ms, render_duration
from harness.scenario.steps import CutMode
from harness.waiting import pause

ALL = "all"

EPILOG = """\b
Examples:
  stream-chaos cut all --for 30s
  stream-chaos cut kinesis iotanalytics --mode silent
  stream-chaos heal"""


def _duration(
    _context: click.Context, _parameter: click.Parameter, given: str | None
) -> int | None:
    """Milliseconds of a duration with its unit, as in a scenario."""
    try:
        return None if given is None else parse_duration_ms(given)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command("cut", epilog=EPILOG)
@click.argument(
    "services", nargs=-1, required=True, metavar="SERVICE|all", type=click.Choice([*SERVICES, ALL])
)
@click.option(
    "--for",
    "duration_ms",
    metavar="DURATION",
    callback=_duration,
    help="Wait so long and heal, also when interrupted; else the links stay cut until `heal`.",
)
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in CutMode]),
    default=CutMode.REFUSED.value,
    show_default=True,
    help="`refused` closes and refuses connections, `silent` lets nothing through and closes connections when it is "
    "healed, `half_open` closes none, `one_way` is silent in one direction.",
)
@click.option(
    "--lost",
    type=click.Choice([lost.value for lost in Lost]),
    default=Lost.REQUESTS.value,
    show_default=True,
    help="With `--mode one_way`: what does not get through.",
)
@site_option
def command(
    services: tuple[str, ...], duration_ms: int | None, mode: str, lost: str, name: str | None
) -> None:
    """Cut a standing site's uplink.

    SERVICE is the link of one cloud service, `all` every link; several can be named.
    """
    site = chosen_site(name)
    links = links_of(site)
    wanted = SERVICES if ALL in services else tuple(dict.fromkeys(services))
    _refuse_twice(links, site, wanted)
    fault = cut(CutMode(mode), tuple(map(Service, wanted)), Lost(lost))
    told = f"{'every link' if wanted == SERVICES else ', '.join(wanted)}: cut ({mode})"
    if duration_ms is None:
        links.cut(wanted, toxics_of(fault))
        click.echo(f"{told}, until `stream-chaos heal`.")
        return
    _hold(link_lease(fault, links), duration_ms, f"{told} for {render_duration(duration_ms)}.")


def _refuse_twice(links: Links, site: Site, wanted: Sequence[str]) -> None:
    sick = [line.partition(":")[0] for line in links.unclean(site.held)]
    if again := [service for service in wanted if service in sick]:
        raise CommandFailed(
            f"Cut already: {', '.join(again)}; `stream-chaos heal` brings the links back."
        )


def _hold(lease: AbstractContextManager[None], duration_ms: int, told: str) -> None:
    with interruptible(), ExitStack() as healing:
        try:
            healing.enter_context(lease)
            click.echo(told)
            pause(duration_ms / 1000)
        finally:
            with undisturbed():
                healing.close()
            click.echo("Healed.")
