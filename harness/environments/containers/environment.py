"""A site of containers that stands, as a run sees it."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from functools import partial

from harness.environments.containers.cloud_pause import paused
from harness.environments.containers.core import Core
from harness.environments.containers.engine import ContainerPart
from harness.environments.containers.firewall import Firewall
from harness.environments.errors import EnvironmentUnavailable
from harness.environments.site.environment import SiteEnvironment
from harness.environments.site.faults import lease
from harness.environments.site.marked_containers import (
    EngineUnreachable,
    keep_logs,
    remove_labelled,
)
from harness.environments.site.register import Register
from harness.environments.site.site import Site
from harness.environments.site.way import TapWitness, Way
from harness.fault.half_open import HalfOpen
from harness.fault.registry import Fault

AT_ONCE = 6
STOP_S = 6.0


class ContainersEnvironment(SiteEnvironment):
    """What stands of a site whose parts are containers.

    Args:
        site: how its parts are reached.
        register: where it is entered.
        versions: of its parts.

    Attributes:
        cloud, way, core, firewall: its parts, as soon as they are started.
        starting: what starts them side by side.
    """

    def __init__(self, site: Site, register: Register, versions: Mapping[str, str]) -> None:
        super().__init__(site, register, versions)
        self.starting = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="containers")
        self.cloud: ContainerPart | None = None
        self.way: Way[ContainerPart] | None = None
        self.core: Core | None = None
        self.firewall: Firewall | None = None

    def end_parts(self) -> None:
        """Remove every container and network, also those that are just being started; what they printed is kept."""
        self.starting.shutdown(wait=True, cancel_futures=True)
        self._keep_logs()
        mark = self._register.mark(self.site.name)
        try:
            remove_labelled(lambda other: other == mark)
        except EngineUnreachable as error:
            raise EnvironmentUnavailable(
                f"The site's containers cannot be removed: no Docker engine answers ({error})",
                "Start it and call `stream-chaos clean`",
            ) from error

    def _keep_logs(self) -> None:
        mark = self._register.mark(self.site.name)
        # A disk that is full must not keep anything standing.
        with suppress(EngineUnreachable, OSError):
            keep_logs(lambda other: other == mark, self.site.logs)

    def inject(self, fault: Fault) -> AbstractContextManager[None]:
        """A lease: entering does it, leaving heals it, also by an exception.

        Entering raises InjectionFailed where there is nothing to disturb.
        """
        if isinstance(fault, HalfOpen):
            return self._firewall.silent(fault.services)
        assert self.cloud is not None, "it stands"
        return lease(fault, self._links, self.edge, partial(paused, self.cloud))

    def unclean(self) -> list[str]:
        """What is on the links besides the latency that the scenario holds on them."""
        silent = [f"{service}: silent" for service in self._firewall.silent_services()]
        return sorted([*super().unclean(), *silent])

    def heal_all(self) -> None:
        """Bring every link back."""
        self._firewall.heal_all()
        super().heal_all()

    def witnesses(self) -> Sequence[TapWitness[ContainerPart]]:
        """The taps; the cloud reader comes when everything is over."""
        return () if self.way is None else self.way.witnesses

    def stop_exporting(self) -> None:
        """End the edge, then edge tap, Toxiproxy and cloud tap, each when nobody needs it any more."""
        # The core takes the managed container along, and what it has printed.
        self._keep_logs()
        self.edge.stop()
        if self.way is not None:
            self.way.end(lambda part: part.stop(STOP_S))

    @property
    def edge(self) -> Core:
        """See SiteEnvironment."""
        assert self.core is not None, "it stands"
        return self.core

    @property
    def _firewall(self) -> Firewall:
        assert self.firewall is not None, "it stands"
        return self.firewall
