"""The way from the edge to the cloud and those who watch it: edge and uplink tap, Toxiproxy, cloud tap."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from testcontainers.core.network import Network

from harness.environments.containers import topology
from harness.environments.containers.engine import ContainerPart, SiteEngine
from harness.environments.containers.topology import (
    CLOUD_TAP,
    CLOUD_TAP_HOST,
    EVERYWHERE,
    LINK,
    stage,
)
from harness.environments.site.links import Links
from harness.environments.site.site import SERVICES, Site
from harness.environments.site.waiting_for_parts import said_ready, wait_for
from harness.images import Images

READY_S = 30.0
STOP_S = 6.0
LOOK_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class TapWitness:
    """A tap's container as a witness.

    Attributes:
        name: of its file, without ending.
        file: where its lines are appended.
        part: its container.
    """

    name: str
    file: Path
    part: ContainerPart

    def alive(self) -> bool:
        """Whether it still watches."""
        return self.part.alive()


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The running parts between edge and cloud."""

    edge_tap: TapWitness
    cloud_tap: TapWitness
    toxiproxy: ContainerPart

    @property
    def parts(self) -> tuple[ContainerPart, ...]:
        """Its containers, in the order in which they end."""
        return (self.edge_tap.part, self.toxiproxy, self.cloud_tap.part)

    def stop(self) -> None:
        """End them, one after the other."""
        for part in self.parts:
            part.stop(STOP_S)


def start_way(
    engine: SiteEngine,
    site: Site,
    images: Images,
    *,
    user: tuple[int, int],
    cloud_network: Network,
    beside: Executor,
) -> Callable[[], Way]:
    """Start all of it side by side.

    Args:
        engine: that starts it.
        site: whose.
        images: of which it is made.
        user: user and group who write the records.
        cloud_network: which Toxiproxy has to be in, too.
        beside: runs what is started at the same time.

    Returns:
        What waits for it, and raises EnvironmentUnavailable where something cannot be started.
    """
    site.witness.mkdir(parents=True, exist_ok=True)
    owner = f"{user[0]}:{user[1]}"
    taps = images.harness.reference
    edge_tap = beside.submit(engine.start, topology.edge_tap(site, taps, owner))
    cloud_tap = beside.submit(engine.start, topology.cloud_tap(site, taps, owner))
    toxiproxy = beside.submit(
        _start_toxiproxy,
        engine,
        topology.toxiproxy(site, images.toxiproxy.reference),
        cloud_network,
    )
    witness = partial(_witness, site)
    return lambda: Way(
        edge_tap=witness("edge-tap", edge_tap.result()),
        cloud_tap=witness("cloud-tap", cloud_tap.result()),
        toxiproxy=toxiproxy.result(),
    )


def _witness(site: Site, name: str, part: ContainerPart) -> TapWitness:
    return TapWitness(name=name, file=site.witness / f"{name}.jsonl", part=part)


def _start_toxiproxy(
    engine: SiteEngine, recipe: topology.Recipe, cloud_network: Network
) -> ContainerPart:
    part = engine.start(recipe)
    cloud_network.connect(part.id, [recipe.host])
    return part


def open_links(site: Site, way: Way) -> Links:
    """Wait for all of it, and connect its ends by a link for each service.

    Raises:
        EnvironmentUnavailable: a part ended or did not answer in time, or a port is taken.
    """
    links = Links(site.toxiproxy)
    wait_for(
        links.running, "Toxiproxy to answer", parts=[way.toxiproxy], seconds=READY_S, poll_s=LOOK_S
    )
    listen, upstream = stage(LINK), stage(CLOUD_TAP)
    for service in SERVICES:
        links.create(
            service,
            listen=listen[service],
            upstream=upstream[service],
            here=EVERYWHERE,
            there=CLOUD_TAP_HOST,
        )
    for tap in (way.cloud_tap, way.edge_tap):
        what = f"{tap.part.name[0].lower()}{tap.part.name[1:]} to listen"
        ready = partial(said_ready, tap.part)
        wait_for(ready, what, parts=[tap.part], seconds=READY_S, poll_s=LOOK_S)
    return links
