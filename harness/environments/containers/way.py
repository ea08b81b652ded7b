"""The way from the edge to the cloud as containers: edge and uplink tap, Toxiproxy, cloud tap."""

from collections.abc import Callable
from concurrent.futures import Executor

from testcontainers.core.network import Network

from harness.environments.containers import topology
from harness.environments.containers.engine import ContainerPart, SiteEngine
from harness.environments.site.site import Site
from harness.environments.site.way import CLOUD_TAP, EDGE_TAP, Way, tap_witness
from harness.images import Images


def start_way(
    engine: SiteEngine,
    site: Site,
    images: Images,
    *,
    user: tuple[int, int],
    cloud_network: Network,
    beside: Executor,
) -> Callable[[], Way[ContainerPart]]:
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
    return lambda: Way(
        edge_tap=tap_witness(site, EDGE_TAP, edge_tap.result()),
        cloud_tap=tap_witness(site, CLOUD_TAP, cloud_tap.result()),
        toxiproxy=toxiproxy.result(),
    )


def _start_toxiproxy(
    engine: SiteEngine, recipe: topology.Recipe, cloud_network: Network
) -> ContainerPart:
    part = engine.start(recipe)
    cloud_network.connect(part.id, [recipe.host])
    return part
