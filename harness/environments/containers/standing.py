"""Stands the whole system up in containers, or says in a sentence why that cannot be."""

import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path, PurePosixPath

from harness.environments.containers import firewall, topology
from harness.environments.containers.cloud import start_cloud
from harness.environments.containers.core import Core
from harness.environments.containers.engine import ContainerPart, SiteEngine, engine_socket
from harness.environments.containers.environment import ContainersEnvironment
from harness.environments.containers.firewall import Firewall
from harness.environments.containers.replacement import check_command
from harness.environments.containers.topology import (
    CLOUD_TAP,
    CLOUD_TAP_HOST,
    EVERYWHERE,
    LINK,
    ROOT,
    SERVER_PORT,
    stage,
)
from harness.environments.containers.way import start_way
from harness.environments.site.links import Links
from harness.environments.site.ports import Ports
from harness.environments.site.register import CONTAINERS, Register
from harness.environments.site.rising import Rising, Task
from harness.environments.site.site import SERVICES, Link, Site
from harness.environments.site.stages import Stages
from harness.environments.site.stand_up import StandUpSite
from harness.environments.site.way import Way, open_links
from harness.images import Image, Images, ensure_images
from harness.tools.cache import Progress

LOOK_S = 0.1
"""How often a container is looked at: each time is a request to the engine."""


class _StandUp(StandUpSite[Images, ContainersEnvironment]):
    name, kit = CONTAINERS, "images"

    def gather(self, progress: Progress) -> Images:
        return ensure_images(progress)

    def versions(self, kit: Images) -> Mapping[str, str]:
        named: dict[str, Image] = {
            name: getattr(kit, name) for name in asdict(kit) if name != "python"
        }
        return {f"image {name}": _told(image) for name, image in named.items()}

    def check_with_kit(self, command: str, site: Site, task: Task[Images]) -> None:
        check_command(_engine(site, task), command, task.kit.core.reference, Path.cwd())

    def server_port(self, held: Ports) -> int:
        return SERVER_PORT

    def links(self, held: Ports) -> dict[str, Link]:
        links, cloud_taps = stage(LINK), stage(CLOUD_TAP)
        return {
            service: Link(
                uplink_tap=held.free(), toxiproxy=links[service], cloud_tap=cloud_taps[service]
            )
            for service in SERVICES
        }

    def begin(
        self, site: Site, sites: Register, versions: Mapping[str, str]
    ) -> ContainersEnvironment:
        return ContainersEnvironment(site, sites, versions)

    def raise_up(
        self, environment: ContainersEnvironment, task: Task[Images], stages: Stages
    ) -> None:
        _Rising(environment, task).rise(stages)


stand_up = _StandUp()


class _Rising(Rising[Images, ContainersEnvironment]):
    @property
    def engine(self) -> SiteEngine:
        return _engine(self.site, self.task)

    def open_links(self, stages: Stages) -> Links:
        with stages("containers"):
            return self._start_cloud_and_way()

    def _start_cloud_and_way(self) -> Links:
        site, environment, engine, images = self.site, self.environment, self.engine, self.task.kit
        beside = environment.starting
        networks = [beside.submit(engine.network, part) for part in ("edge", "cloud")]
        _edge, cloud_network = [each.result() for each in networks]
        self._release_ports()
        cloud = beside.submit(start_cloud, engine, site, images.localstack.reference)
        way = start_way(
            engine, site, images, user=_user(), cloud_network=cloud_network, beside=beside
        )
        environment.way = way()
        address = environment.way.edge_tap.part.id
        gate = beside.submit(engine.start, firewall.recipe(images.core.reference, address))
        links = open_links(
            site, environment.way, here=EVERYWHERE, there=CLOUD_TAP_HOST, poll_s=LOOK_S
        )
        environment.cloud = cloud.result()
        environment.firewall = Firewall(gate.result())
        return links

    def _release_ports(self) -> None:
        """All but that of the page, which a container of its own publishes later."""
        site = self.site
        uplinks = [link.uplink_tap for link in site.links.values()]
        functions = [site.ports[name] for name in topology.function_ports(site)]
        own = (site.cloud, site.toxiproxy, site.client_port, site.mqtt_port)
        self.task.held.release(*own, *uplinks, *functions)

    def wait_for_cloud(self) -> None:
        """It said that it is ready when its container was started."""

    def provision(self) -> None:
        from harness.environments.site.provisioning import provision

        provision(
            self.site,
            self.task.settings,
            self.task.progress,
            inside=topology.function_ports(self.site),
            seen_as=PurePosixPath(ROOT),
            version=self.task.kit.python,
        )

    def start_core(self) -> None:
        site, images, stream_manager = self.site, self.task.kit, self.task.stream_manager
        self.task.held.release(*site.ports.values())
        recipe = topology.core(
            site,
            images.core.reference,
            beside=self._way.edge_tap.part.id,
            user=_user(),
            page=topology.page_variables(site, images.dashboard.reference, self.task.mark),
            socket=engine_socket(),
            stream_manager=stream_manager,
            place=Path.cwd() if stream_manager else None,
        )
        core = self.environment.core = Core(site, self.engine.start(recipe))
        core.wait()

    @property
    def _way(self) -> Way[ContainerPart]:
        assert self.environment.way is not None
        return self.environment.way

    @property
    def needed(self) -> tuple[ContainerPart, ...]:
        return (self.environment.edge.part,)


def _engine(site: Site, task: Task[Images]) -> SiteEngine:
    return SiteEngine(site=site.name, labels=topology.labels(task.mark))


def _user() -> tuple[int, int]:
    """Who owns the files that containers write into our folders."""
    return os.getuid(), os.getgid()


def _told(image: Image) -> str:
    return f"{image.reference}, {image.id}, on {image.base}"
