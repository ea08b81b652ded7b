"""A site of this machine that stands, as a run sees it."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

from harness.environments.local.core import Core
from harness.environments.local.faults import lease
from harness.environments.local.localstack import LocalStackProcess
from harness.environments.local.uplink import TapWitness, Way
from harness.environments.protocol import ProcessState
from harness.environments.site.environment import SiteEnvironment
from harness.environments.site.processes import Part, kill_marked, stop
from harness.environments.site.register import Register
from harness.environments.site.site import Site
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
        self.way: Way | None = None
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
        return lease(fault, self._links, self._core, self.cloud)

    def witnesses(self) -> Sequence[TapWitness]:
        """The taps; the cloud reader comes when everything is over."""
        return () if self.way is None else (self.way.edge_tap, self.way.cloud_tap)

    def processes(self) -> Mapping[str, ProcessState]:
        """The processes of the edge that run now."""
        return self._core.processes()

    def stop_exporting(self) -> None:
        """End the edge, then edge tap, Toxiproxy and cloud tap, each when nobody needs it any more."""
        self._core.stop()
        for part in self.way.parts if self.way else ():
            stop(part)

    @property
    def _core(self) -> Core:
        assert self.core is not None, "it stands"
        return self.core
