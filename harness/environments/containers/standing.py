"""Stands the whole system up in containers, or says in a sentence why that cannot be."""

import os
import platform
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path, PurePosixPath

from harness.environments.containers import firewall, topology
from harness.environments.containers.cloud import start_cloud
from harness.environments.containers.core import Core
from harness.environments.containers.engine import SiteEngine, engine_socket
from harness.environments.containers.environment import ContainersEnvironment
from harness.environments.containers.firewall import Firewall
from harness.environments.containers.replacement import check_command
from harness.environments.containers.topology import (
    CLOUD_TAP,
    LINK,
    ROOT,
    SERVER_PORT,
    stage,
)
from harness.environments.containers.way import open_links, start_way
from harness.environments.site.emulator import warm_up
from harness.environments.site.interruption import interrupt_when_told_to_end
from harness.environments.site.links import Links
from harness.environments.site.load import begin_load
from harness.environments.site.ports import Ports
from harness.environments.site.register import CONTAINERS, Register, fresh_name
from harness.environments.site.site import SERVICES, Link, Site
from harness.environments.site.stages import Stages
from harness.environments.site.standing import chosen_ports, prepared, rising, wait_for_pages
from harness.environments.site.surface import surface_of
from harness.images import Image, Images, ensure_images
from harness.plan.model import Plan
from harness.plan.parts import Site as Settings
from harness.tools.cache import Progress


def stand_up(
    plan: Plan,
    *,
    directory: Path,
    progress: Progress,
    stream_manager: str | None = None,
    ports: Mapping[str, int] | None = None,
    register: Register | None = None,
) -> ContainersEnvironment:
    """A site that stands, with its source still silent; it ends with this process, unless it is left standing.

    Args:
        plan: of its settings only the site's count here.
        directory: `witness/` and `logs/` go below it, and stay when the site is down.
        progress: told what is done.
        stream_manager: command that is run in the place of our stream manager, in the core's container.
        ports: asked for, by their names in PORT_NAMES; they win over the plan's.
        register: where the site is entered; this user's by default.

    Raises:
        EnvironmentUnavailable: something cannot be had; nothing of the site is left but its logs.
    """
    sites = register or Register()
    stages = Stages(progress)
    directory = directory.resolve()
    with ExitStack() as signals:
        signals.callback(interrupt_when_told_to_end())
        with prepared(sites, directory, progress) as held:
            chosen = chosen_ports(held, plan.site, ports or {})
            with stages("images"):
                images = ensure_images(progress)
            site = _lay_out(held, chosen, directory, sites, plan.site)
            environment = ContainersEnvironment(site, sites, _versions(images, stream_manager))
            environment.afterwards(signals.pop_all().close)
            with rising(environment, sites):
                _Rising(environment, images, plan.site, held, sites.mark(site.name)).rise(
                    stages, progress, stream_manager
                )
                begin_load(environment, plan, stages, sites)
                environment.stages = tuple(stages.spent)
                return environment


def _lay_out(
    held: Ports, chosen: Mapping[str, int], directory: Path, register: Register, settings: Settings
) -> Site:
    name = fresh_name()
    links, cloud_taps = stage(LINK), stage(CLOUD_TAP)
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
        server_port=SERVER_PORT,
        links={
            service: Link(
                uplink_tap=held.free(), toxiproxy=links[service], cloud_tap=cloud_taps[service]
            )
            for service in SERVICES
        },
        ports={name: chosen[name] for name in settings.ports_asked},
        latency_ms=settings.latency_ms,
        environment=CONTAINERS,
        surface=surface_of(settings.application),
        mqtt_port=chosen["mqtt"],
    )


@dataclass(frozen=True, slots=True)
class _Rising:
    """One site on its way up."""

    environment: ContainersEnvironment
    images: Images
    settings: Settings
    held: Ports
    mark: str

    @property
    def site(self) -> Site:
        return self.environment.site

    @property
    def engine(self) -> SiteEngine:
        return SiteEngine(site=self.site.name, labels=topology.labels(self.mark))

    def rise(self, stages: Stages, progress: Progress, stream_manager: str | None) -> None:
        """Start what does not wait for others side by side, then what does."""
        environment, site = self.environment, self.site
        if stream_manager is not None:
            core = self.images.core.reference
            check_command(self.engine, stream_manager, core, Path.cwd())
        with stages("containers"):
            environment.links = self._start_cloud_and_way()
        with stages("LocalStack"):
            wait_for_kinesis = warm_up(site.cloud_url)
            # boto3 is loaded while LocalStack does so with its services.
            from harness.environments.site.provisioning import provision

            wait_for_kinesis()
        with stages("cloud resources"):
            seen_as = PurePosixPath(ROOT)
            inside = topology.function_ports(site)
            provision(
                site,
                self.settings,
                progress,
                inside=inside,
                seen_as=seen_as,
                version=self.images.python,
            )
        with stages("core and functions"):
            self._start_core(stream_manager)
        with stages("pages"):
            self._wait_for_pages()
        # Now, for nothing is learnt from a deployment over a slow link.
        environment.links.hold(SERVICES, site.held)

    def _start_cloud_and_way(self) -> Links:
        site, environment, engine = self.site, self.environment, self.engine
        beside = environment.starting
        networks = [beside.submit(engine.network, part) for part in ("edge", "cloud")]
        _edge, cloud_network = [each.result() for each in networks]
        uplinks = [link.uplink_tap for link in site.links.values()]
        functions = [site.ports[name] for name in topology.function_ports(site)]
        own = (site.cloud, site.toxiproxy, site.client_port, site.mqtt_port)
        self.held.release(*own, *uplinks, *functions)
        cloud = beside.submit(start_cloud, engine, site, self.images.localstack.reference)
        way = start_way(
            engine,
            site,
            self.images,
            user=_user(),
            cloud_network=cloud_network,
            beside=beside,
        )
        environment.way = way()
        address = environment.way.edge_tap.part.id
        gate = beside.submit(engine.start, firewall.recipe(self.images.core.reference, address))
        links = open_links(site, environment.way)
        environment.cloud = cloud.result()
        environment.firewall = Firewall(gate.result())
        return links

    def _start_core(self, stream_manager: str | None) -> None:
        site, environment = self.site, self.environment
        assert environment.way is not None
        # That of the page, which a container of its own publishes.
        self.held.release(*site.ports.values())
        recipe = topology.core(
            site,
            self.images.core.reference,
            beside=environment.way.edge_tap.part.id,
            user=_user(),
            page=topology.page_variables(site, self.images.dashboard.reference, self.mark),
            socket=engine_socket(),
            stream_manager=stream_manager,
            place=Path.cwd() if stream_manager else None,
        )
        environment.core = Core(site, self.engine.start(recipe))
        environment.core.wait()

    def _wait_for_pages(self) -> None:
        assert self.environment.core is not None
        wait_for_pages(self.site, [self.environment.core.part], self.settings.application)


def _user() -> tuple[int, int]:
    """Who owns the files that containers write into our folders."""
    return os.getuid(), os.getgid()


def _versions(images: Images, stream_manager: str | None) -> dict[str, str]:
    own = metadata.version("stream-chaos")
    named: dict[str, Image] = {
        name: getattr(images, name) for name in asdict(images) if name != "python"
    }
    return {
        "stream-chaos": own,
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
        "stream-manager": stream_manager or own,
        **{f"image {name}": _told(image) for name, image in named.items()},
    }


def _told(image: Image) -> str:
    return f"{image.reference}, {image.id}, on {image.base}"
