"""Stands the whole system up on this machine, or says in a sentence why that cannot be."""

import platform
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

from harness.environments.local.core import Core
from harness.environments.local.environment import LocalEnvironment
from harness.environments.local.localstack import LocalStackProcess, start_localstack
from harness.environments.local.uplink import open_links, start_way
from harness.environments.site.emulator import warm_up
from harness.environments.site.interruption import interrupt_when_told_to_end
from harness.environments.site.links import Links
from harness.environments.site.load import begin_load
from harness.environments.site.ports import Ports
from harness.environments.site.register import Register, fresh_name
from harness.environments.site.replacement import check_command
from harness.environments.site.site import SERVICES, Link, Site
from harness.environments.site.stages import Stages
from harness.environments.site.standing import chosen_ports, prepared, rising, wait_for_pages
from harness.environments.site.surface import surface_of
from harness.plan.model import Plan
from harness.plan.parts import Site as Settings
from harness.tools import localstack, toxiproxy
from harness.tools.cache import Progress
from harness.tools.installing import side_by_side


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a site is made of besides our own packages."""

    localstack: localstack.LocalStackTool
    toxiproxy: Path


def ensure_tools(progress: Progress) -> Tools:
    """The tools, installed where they are missing.

    Raises:
        ToolUnavailable: one of them cannot be had.
    """
    with side_by_side() as beside:
        proxy = beside(lambda: toxiproxy.ensure_toxiproxy(progress))
        cloud = localstack.ensure_localstack(progress)
        return Tools(localstack=cloud, toxiproxy=proxy.result())


def stand_up(
    plan: Plan,
    *,
    directory: Path,
    progress: Progress,
    stream_manager: str | None = None,
    ports: Mapping[str, int] | None = None,
    register: Register | None = None,
) -> LocalEnvironment:
    """A site that stands, with its source still silent; it ends with this process, unless it is left standing.

    Args:
        plan: of its settings only the site's count here.
        directory: `witness/` and `logs/` go below it, and stay when the site is down.
        progress: told what is done.
        stream_manager: command that is run in the place of our stream manager.
        ports: asked for, by their names in PORT_NAMES; they win over the plan's.
        register: where the site is entered; this user's by default.

    Raises:
        EnvironmentUnavailable: something cannot be had; nothing of the site is left but its logs.
    """
    sites = register or Register()
    stages = Stages(progress)
    directory = directory.resolve()
    check_command(stream_manager)
    with ExitStack() as signals:
        signals.callback(interrupt_when_told_to_end())
        # Before tools are installed for a minute.
        with prepared(sites, directory, progress) as held:
            chosen = chosen_ports(held, plan.site, ports or {})
            with stages("tools"):
                tools = ensure_tools(progress)
            site = _lay_out(held, chosen, directory, sites, plan.site)
            environment = LocalEnvironment(site, sites, _versions(tools, stream_manager))
            environment.afterwards(signals.pop_all().close)
            with rising(environment, sites):
                _Rising(environment, tools, plan.site, held, sites.mark(site.name)).rise(
                    stages, progress, stream_manager
                )
                begin_load(environment, plan, stages, sites)
                environment.stages = tuple(stages.spent)
                return environment


def _lay_out(
    held: Ports, chosen: Mapping[str, int], directory: Path, register: Register, settings: Settings
) -> Site:
    name = fresh_name()
    return Site(
        name=name,
        directory=register.folder(name),
        witness=directory / "witness",
        logs=directory / "logs",
        origin_monotonic_ns=time.monotonic_ns(),
        origin_wall_ms=time.time_ns() // 1_000_000,
        cloud=chosen["cloud"],
        toxiproxy=chosen["toxiproxy"],
        client_port=chosen["stream_manager"],
        server_port=held.free(),
        links={
            service: Link(uplink_tap=held.free(), toxiproxy=held.free(), cloud_tap=held.free())
            for service in SERVICES
        },
        ports={name: chosen[name] for name in settings.ports_asked},
        latency_ms=settings.latency_ms,
        surface=surface_of(settings.application),
        mqtt_port=chosen["mqtt"],
    )


@dataclass(frozen=True, slots=True)
class _Rising:
    """One site on its way up."""

    environment: LocalEnvironment
    tools: Tools
    settings: Settings
    held: Ports
    mark: str

    @property
    def site(self) -> Site:
        return self.environment.site

    def rise(self, stages: Stages, progress: Progress, stream_manager: str | None) -> None:
        """Start what does not wait for others, then what does; the processes start side by side."""
        cloud = self._start_cloud_and_way()
        with stages("links"):
            self._open_links()
        with stages("LocalStack"):
            cloud.wait()
            wait_for_kinesis = warm_up(self.site.cloud_url)
            # boto3 is loaded while LocalStack does so with its services.
            from harness.environments.site.provisioning import provision

            wait_for_kinesis()
        with stages("cloud resources"):
            provision(self.site, self.settings, progress)
        with stages("core and functions"):
            self._start_core(stream_manager)
        with stages("pages"):
            self._wait_for_pages()
        # Now, for nothing is learnt from a deployment over a slow link.
        self._links.hold(SERVICES, self.site.held)

    def _start_cloud_and_way(self) -> LocalStackProcess:
        site = self.site
        self.held.release(site.cloud)
        cloud = self.environment.cloud = start_localstack(
            self.tools.localstack,
            port=site.cloud,
            directory=site.directory / "localstack",
            log=site.logs / "localstack.log",
            mark=self.mark,
        )
        links = [port for link in site.links.values() for port in asdict(link).values()]
        self.held.release(site.toxiproxy, site.client_port, *links)
        self.environment.way = start_way(site, self.tools.toxiproxy, self.mark)
        return cloud

    def _open_links(self) -> None:
        assert self.environment.way is not None
        self.environment.links = open_links(self.site, self.environment.way)

    @property
    def _links(self) -> Links:
        assert self.environment.links is not None
        return self.environment.links

    def _start_core(self, stream_manager: str | None) -> None:
        core = Core(self.site, self.mark, stream_manager)
        self.environment.core = core
        self.held.release(self.site.server_port, self.site.mqtt_port, *self.site.ports.values())
        core.start()
        core.wait()

    def _wait_for_pages(self) -> None:
        assert self.environment.core is not None
        wait_for_pages(self.site, self.environment.core.parts, self.settings.application)


def _versions(tools: Tools, stream_manager: str | None) -> dict[str, str]:
    own = metadata.version("stream-chaos")
    return {
        "stream-chaos": own,
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
        "localstack": localstack.VERSION,
        "kinesis-local": localstack.KINESIS_LOCAL_VERSION,
        "toxiproxy": toxiproxy.version_of_server(tools.toxiproxy),
        "stream-manager": stream_manager or own,
    }
