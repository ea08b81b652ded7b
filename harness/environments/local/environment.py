"""A site of this machine that stands, as a run sees it."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

from harness.environments.local.core import Core
from harness.environments.local.localstack import LocalStackProcess
from harness.environments.site.environment import SiteEnvironment
from harness.environments.site.faults import lease
from harness.environments.site.processes import Part, kill_marked, stop
from harness.environments.site.register import Register
from harness.environments.site.site import Site
from harness.environments.site.way import TapWitness, Way
from harness.fault.registry import Fault

KILLED_S = 5.0


class LocalEnvironment(SiteEnvironment):
    """What stands of a site whose parts are processes.

    Args:
        site: how its parts are reached.
        register: where it is entered.
        versions: of its parts.

    Attributes:
        cloud, way, core: its parts, as soon as they are started.
    """

    def __init__(self, site: Site, register: Register, versions: Mapping[str, str]) -> None:
        super().__init__(site, register, versions)
        self.cloud: LocalStackProcess | None = None
        self.way: Way[Part] | None = None
        self.core: Core | None = None

    def end_parts(self) -> None:
        """Kill every process; each has logged into its own file."""
        mark = self._register.mark(self.site.name)
        kill_marked(lambda other: other == mark)
        for part in self._parts():
            part.process.wait(KILLED_S)

    def _parts(self) -> list[Part]:
        cloud = (self.cloud.part,) if self.cloud else ()
        way = self.way.parts if self.way else ()
        core = self.core.parts if self.core else ()
        return [*core, *way, *cloud]

    def inject(self, fault: Fault) -> AbstractContextManager[None]:
        """A lease: entering does it, leaving heals it, also by an exception.

        Entering raises InjectionFailed where there is nothing to disturb.
        """
        assert self.cloud is not None, "it stands"
        return lease(fault, self._links, self.edge, self.cloud.pause)

    def witnesses(self) -> Sequence[TapWitness[Part]]:
        """The taps; the cloud reader comes when everything is over."""
        return () if self.way is None else self.way.witnesses

    def stop_exporting(self) -> None:
        """End the edge, then edge tap, Toxiproxy and cloud tap, each when nobody needs it any more."""
        self.edge.stop()
        if self.way is not None:
            self.way.end(stop)

    @property
    def edge(self) -> Core:
        """See SiteEnvironment."""
        assert self.core is not None, "it stands"
        return self.core
