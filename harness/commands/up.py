"""`stream-chaos up`: stand a site up and leave it standing."""

import json
from dataclasses import replace
from pathlib import Path

import click

from harness.commands.outcome import CommandFailed
from harness.commands.standing_site import Following, fresh_records, remove_orphaned_records
from harness.commands.stream_manager import stream_manager_option
from harness.environments.editions import WITH_REAL_PARTS, stand_up_site_in
from harness.environments.errors import EnvironmentUnavailable
from harness.environments.site.site import REGION, Site
from harness.environments.site.standing import OTHER_PORTS, PORT_NAMES
from harness.plan.compiling import compile_plan, own_site
from harness.plan.model import Plan
from harness.plan.parts import Ports, Workload
from harness.plan.parts import Site as Settings
from harness.scenario.judges import Drain
from harness.scenario.loader import load
from harness.scenario.site_loader import load_site
from harness.waiting import WaitedInVain, wait_until

STREAMS_S = 30.0
STREAMS = 2
"""The raw one and that of the aggregates."""

SEED = 1

EPILOG = f"""\b
Examples:
  stream-chaos up
  stream-chaos up --environment containers
  stream-chaos up --port dashboard=8082 --port cloud=4566 --json site.json
  stream-chaos up --scenario scenarios/overwrite_on_full.yaml
  stream-chaos up --site my_site.yaml
  stream-chaos up --stream-manager 'python my_server.py'

\b
Ports that can be asked for: {", ".join(PORT_NAMES)};
with a site file its own in the place of the first three."""


def _ports(
    _context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> dict[str, int]:
    ports: dict[str, int] = {}
    for text in given:
        name, _, number = text.partition("=")
        if not (number.isascii() and number.isdigit() and int(number) < 65536):
            raise click.BadParameter(f"{text!r}; write {name}=N, N from 1 to 65535, or 0 for any")
        ports[name] = int(number)
    asked = [port for port in ports.values() if port]
    if len(set(asked)) < len(asked):
        raise click.BadParameter("two names cannot have the same port")
    return ports


@click.command("up", epilog=EPILOG)
@click.option(
    "--environment",
    type=click.Choice(WITH_REAL_PARTS),
    default="local",
    show_default=True,
    help="The edition of the world: processes of this machine, or containers.",
)
@click.option(
    "--json",
    "json_file",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Write how the site is reached to this file.",
)
@click.option(
    "--scenario",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Take the site's settings from a scenario; nothing is disturbed.",
)
@click.option(
    "--site",
    "site_file",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A site file: your own functions in the place of ours.",
)
@click.option(
    "--port",
    "ports",
    metavar="NAME=N",
    multiple=True,
    callback=_ports,
    help="Ask for a port; all others are free ones. Repeat for each.",
)
@stream_manager_option
def command(
    environment: str,
    json_file: Path | None,
    scenario: Path | None,
    site_file: Path | None,
    ports: dict[str, int],
    stream_manager: str | None,
) -> None:
    """Stand a site up and leave it standing.

    The whole system runs until `stream-chaos down`: cloud, links, core, stream manager, functions and page. Its sensors
    send.
    """
    _check_writable(json_file)
    if scenario and site_file:
        raise click.UsageError("--scenario and --site both name a site; give one of them")
    plan = _plan_of(scenario) if scenario else default_plan(_settings(site_file))
    _check_known(ports, plan.site)
    remove_orphaned_records()
    with stand_up_site_in(environment)(
        plan,
        directory=fresh_records(),
        progress=lambda line: click.echo(line, err=True),
        stream_manager=stream_manager,
        ports=ports,
    ) as standing:
        standing.start_source(standing.now_ms())
        _wait_for_streams(standing.site, plan.site)
        if json_file is not None:
            json_file.write_text(json.dumps(standing.site.to_json(), indent=2) + "\n")
        standing.leave_standing()
    click.echo(_described(standing.site))


def default_plan(settings: Settings | None = None) -> Plan:
    """A site with the stack's own settings, or with others, and nothing that is done to it."""
    return Plan(
        scenario="up",
        description="A site that stands until somebody takes it down.",
        seed=SEED,
        environments=("local",),
        workload=Workload(
            sensors=("sensor-1",), rate_hz=20.0, reading_bytes=0, warm_up_ms=0, run_for_ms=0
        ),
        site=settings or _settings(None),
        moments=(),
        conditions=(),
        judges=(),
        drain=Drain(),
    )


def _settings(site_file: Path | None) -> Settings:
    """Those of a site file, or of the stack."""
    if site_file is not None:
        own = load_site(site_file)
        for warning in own.warnings:
            click.echo(str(warning), err=True)
        return own_site(own, {}, {}, 0)
    return Settings(
        sensor_source={},
        stream_producer={},
        stream_aggregator={},
        stream_manager={},
        kinesis_streams=(),
        ports=Ports(sensor_api=0, aggregate_api=0, dashboard=0),
        latency_ms=0,
    )


def _check_known(ports: dict[str, int], settings: Settings) -> None:
    known = (*settings.ports_asked, *OTHER_PORTS)
    for name in ports:
        if name not in known:
            text = f"no port is called {name!r}; known: {', '.join(known)}"
            raise click.BadParameter(text, param_hint="'--port'")


def _plan_of(scenario: Path) -> Plan:
    loaded = load(scenario)
    for warning in loaded.warnings:
        click.echo(str(warning), err=True)
    plan = compile_plan(loaded.scenario, SEED)
    # A load would end with this command; the site's own sensors send in its place.
    return replace(plan, workload=replace(plan.workload, locust=None))


def _check_writable(json_file: Path | None) -> None:
    """Better now than when all of it stands."""
    if json_file is not None and not json_file.absolute().parent.is_dir():
        folder = json_file.absolute().parent
        raise CommandFailed(f"--json {json_file}: there is no folder {folder}; make it first.")


def _wait_for_streams(site: Site, settings: Settings) -> None:
    """The functions make them with their first reading.

    Raises:
        EnvironmentUnavailable: they did not.
    """
    following = Following(site)
    own = settings.application

    def there() -> bool:
        seen = following.catch_up()
        if own is not None:
            return {*own.streams} <= {*seen.streams}
        return len({stream for stream, _ in seen.exporters}) >= STREAMS

    try:
        wait_until(there, seconds=STREAMS_S, what="the functions to create their streams")
    except WaitedInVain as vain:
        raise EnvironmentUnavailable(
            f"The site does not work: {vain}", f"The functions' logs are in {site.logs}"
        ) from vain


def _described(site: Site) -> str:
    places = {
        **{name.replace("_", " "): url for name, url in site.urls.items()},
        "cloud": f"{site.cloud_url} (region {REGION}, any credentials)",
        "stream manager": f"127.0.0.1:{site.client_port}",
        "logs": str(site.logs),
    }
    return "\n".join(
        [
            f"The site {site.name} stands.",
            "",
            *(f"  {name:15} {place}" for name, place in places.items()),
            "",
            "Look at it with `stream-chaos status`, or open the page; look into its cloud with",
            f"  AWS_ENDPOINT_URL={site.cloud_url} AWS_DEFAULT_REGION={REGION} aws kinesis list-streams",
            "Disturb it with `stream-chaos cut all --for 30s`, end it with `stream-chaos down`.",
        ]
    )
