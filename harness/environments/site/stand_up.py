"""Stands a site up, or says in a sentence why that cannot be: the frame of every edition with real parts."""

import platform
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import ExitStack
from importlib import metadata
from pathlib import Path
from typing import Generic

from harness.environments.site.load import begin_load
from harness.environments.site.ports import Ports
from harness.environments.site.register import Register, fresh_name
from harness.environments.site.rising import Kit, Standing, Task
from harness.environments.site.site import Link, Site
from harness.environments.site.stages import Stages
from harness.environments.site.standing import chosen_ports, prepared, rising
from harness.environments.site.surface import surface_of
from harness.interruption import interrupt_when_told_to_end
from harness.plan.model import Plan
from harness.plan.parts import Site as Settings
from harness.tools.cache import Progress


class StandUpSite(ABC, Generic[Kit, Standing]):
    """Stands a site up that outlives this process if it is left standing: what editions with real parts have in common.

    Attributes:
        name: of the edition.
        kit: what the stage is called in which everything is had that a site is made of.
    """

    name: str
    kit: str

    def __call__(
        self,
        plan: Plan,
        *,
        directory: Path,
        progress: Progress,
        stream_manager: str | None = None,
        ports: Mapping[str, int] | None = None,
        register: Register | None = None,
    ) -> Standing:
        """A site that stands, with its source still silent; it ends with this process, unless it is left standing.

        Args:
            plan: of its settings only the site's count here.
            directory: `witness/` and `logs/` go below it, and stay when the site is down.
            progress: told what is done.
            stream_manager: command that is run in the place of our stream manager, where the core runs.
            ports: asked for, by their names in PORT_NAMES; they win over the plan's.
            register: where the site is entered; this user's by default.

        Raises:
            EnvironmentUnavailable: something cannot be had; nothing of the site is left but its logs.
        """
        sites = register or Register()
        stages = Stages(progress)
        directory = directory.resolve()
        if stream_manager is not None:
            self.check(stream_manager)
        with ExitStack() as signals:
            signals.callback(interrupt_when_told_to_end())
            # Before everything is had, which may take a minute.
            with prepared(sites, directory, progress) as held:
                chosen = chosen_ports(held, plan.site, ports or {})
                with stages(self.kit):
                    kit = self.gather(progress)
                site = self._lay_out(held, chosen, directory, sites, plan.site)
                versions = _versions(self.versions(kit), stream_manager)
                environment = self.begin(site, sites, versions)
                environment.afterwards(signals.pop_all().close)
                with rising(environment, sites):
                    task = Task(
                        kit=kit,
                        settings=plan.site,
                        held=held,
                        mark=sites.mark(site.name),
                        stream_manager=stream_manager,
                        progress=progress,
                    )
                    if stream_manager is not None:
                        self.check_with_kit(stream_manager, site, task)
                    self.raise_up(environment, task, stages)
                    begin_load(environment, plan, stages, sites)
                    environment.stages = tuple(stages.spent)
                    return environment

    def check(self, command: str) -> None:
        """See before anything is done whether the command in the place of our stream manager can be run.

        An edition where that is seen with its kit alone has `check_with_kit`.

        Raises:
            EnvironmentUnavailable: it cannot.
        """

    def check_with_kit(self, command: str, site: Site, task: Task[Kit]) -> None:
        """See it with the kit, before any part is started.

        Args:
            command: as it was asked for.
            site: of which nothing stands yet.
            task: how it is to be stood up.

        Raises:
            EnvironmentUnavailable: it cannot.
        """

    @abstractmethod
    def gather(self, progress: Progress) -> Kit:
        """Have everything that a site is made of; raises EnvironmentUnavailable."""

    @abstractmethod
    def versions(self, kit: Kit) -> Mapping[str, str]:
        """Of what the kit holds, for the report."""

    @abstractmethod
    def server_port(self, held: Ports) -> int:
        """Where the stream manager itself listens."""

    @abstractmethod
    def links(self, held: Ports) -> dict[str, Link]:
        """The ports of each service's way."""

    @abstractmethod
    def begin(self, site: Site, sites: Register, versions: Mapping[str, str]) -> Standing:
        """The environment of a site of which nothing stands yet."""

    @abstractmethod
    def raise_up(self, environment: Standing, task: Task[Kit], stages: Stages) -> None:
        """Start all of its parts, and return when it stands."""

    def _lay_out(
        self,
        held: Ports,
        chosen: Mapping[str, int],
        directory: Path,
        register: Register,
        settings: Settings,
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
            server_port=self.server_port(held),
            links=self.links(held),
            ports={name: chosen[name] for name in settings.ports_asked},
            latency_ms=settings.latency_ms,
            environment=self.name,
            surface=surface_of(settings.application),
            mqtt_port=chosen["mqtt"],
        )


def _versions(own: Mapping[str, str], stream_manager: str | None) -> dict[str, str]:
    ours = metadata.version("stream-chaos")
    return {
        "stream-chaos": ours,
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
        "stream-manager": stream_manager or ours,
        **own,
    }
