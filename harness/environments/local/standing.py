"""Stands the whole system up on this machine, or says in a sentence why that cannot be."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.environments.local.core import Core
from harness.environments.local.environment import LocalEnvironment
from harness.environments.local.localstack import start_localstack
from harness.environments.local.uplink import start_way
from harness.environments.site.links import Links
from harness.environments.site.ports import LOOPBACK, Ports
from harness.environments.site.processes import Part
from harness.environments.site.register import Register
from harness.environments.site.replacement import check_command
from harness.environments.site.rising import Rising, Task
from harness.environments.site.site import SERVICES, Link, Site
from harness.environments.site.stages import Stages
from harness.environments.site.stand_up import StandUpSite
from harness.environments.site.way import open_links
from harness.tools import localstack, toxiproxy
from harness.tools.cache import Progress
from harness.tools.installing import side_by_side
from harness.waiting import POLL_S


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


class _StandUp(StandUpSite[Tools, LocalEnvironment]):
    name, kit = "local", "tools"

    def check(self, command: str) -> None:
        check_command(command)

    def gather(self, progress: Progress) -> Tools:
        return ensure_tools(progress)

    def versions(self, kit: Tools) -> Mapping[str, str]:
        return {
            "localstack": localstack.VERSION,
            "kinesis-local": localstack.KINESIS_LOCAL_VERSION,
            "toxiproxy": toxiproxy.version_of_server(kit.toxiproxy),
        }

    def server_port(self, held: Ports) -> int:
        return held.free()

    def links(self, held: Ports) -> dict[str, Link]:
        return {
            service: Link(uplink_tap=held.free(), toxiproxy=held.free(), cloud_tap=held.free())
            for service in SERVICES
        }

    def begin(self, site: Site, sites: Register, versions: Mapping[str, str]) -> LocalEnvironment:
        return LocalEnvironment(site, sites, versions)

    def raise_up(self, environment: LocalEnvironment, task: Task[Tools], stages: Stages) -> None:
        _Rising(environment, task).rise(stages)


stand_up = _StandUp()


class _Rising(Rising[Tools, LocalEnvironment]):
    def open_links(self, stages: Stages) -> Links:
        self._start_cloud()
        site, held = self.site, self.task.held
        ports = [port for link in site.links.values() for port in asdict(link).values()]
        held.release(site.toxiproxy, site.client_port, *ports)
        way = self.environment.way = start_way(site, self.task.kit.toxiproxy, self.task.mark)
        with stages("links"):
            return open_links(site, way, here=LOOPBACK, there=LOOPBACK, poll_s=POLL_S)

    def _start_cloud(self) -> None:
        site = self.site
        self.task.held.release(site.cloud)
        self.environment.cloud = start_localstack(
            self.task.kit.localstack,
            port=site.cloud,
            directory=site.directory / "localstack",
            log=site.logs / "localstack.log",
            mark=self.task.mark,
        )

    def wait_for_cloud(self) -> None:
        assert self.environment.cloud is not None
        self.environment.cloud.wait()

    def provision(self) -> None:
        from harness.environments.site.provisioning import provision

        provision(self.site, self.task.settings, self.task.progress)

    def start_core(self) -> None:
        site = self.site
        core = self.environment.core = Core(site, self.task.mark, self.task.stream_manager)
        self.task.held.release(site.server_port, site.mqtt_port, *site.ports.values())
        core.start()
        core.wait()

    @property
    def needed(self) -> tuple[Part, ...]:
        return self.environment.edge.parts
