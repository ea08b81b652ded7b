"""Makes a simulated site from a plan."""

import logging
import platform
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path

from harness.environments.simulated.cloud import SimulatedCloud
from harness.environments.simulated.edge import Edge
from harness.environments.simulated.environment import SimulatedEnvironment
from harness.environments.simulated.functions import Site
from harness.environments.simulated.machine import Machine, WallClock
from harness.environments.simulated.manager import ManagerSettings, SimulatedManager
from harness.environments.simulated.replacements import Replacements, replacements_of
from harness.environments.simulated.senders import Senders
from harness.environments.simulated.witnesses import Witnesses
from harness.environments.simulated.world import World
from harness.fault.service import ALL_SERVICES
from harness.plan.model import Plan
from harness.plan.parts import Site as Settings
from system.stream_manager.composition import make_sinks

ORIGIN_WALL_MS = 1_767_225_600_000
"""2026-01-01T00:00:00Z: a run tells the same whenever it is made."""

WARM_MS = 2_000.0
"""How long a site is left to itself before its sensors begin: until it stands."""

CHANNEL = "greengrass_stream_mgr_accel_sensordata"
AGGREGATE_DATA = "AggregateData"
RAW_STREAM = "LocalDataStream"


def stand_up(
    plan: Plan,
    *,
    directory: Path,
    progress: Callable[[str], None],
    stream_manager: str | None = None,
) -> SimulatedEnvironment:
    """A site that stands, with its source still silent.

    Args:
        plan: its seed decides everything that is left open.
        directory: of no use here.
        stream_manager: `module:name` of what is put in the place of ours, see `replacements_of`.

    Raises:
        EnvironmentUnavailable: that cannot be had.
    """
    replaced = replacements_of(stream_manager)
    world = World(plan.seed)
    witnesses = Witnesses(world)
    machine = Machine(world, WallClock(world, ORIGIN_WALL_MS))
    cloud = _cloud(replaced, world, machine.clock, plan.site)
    links = replaced.links(
        world,
        cloud,
        [str(service) for service in ALL_SERVICES],
        latency_ms=plan.site.latency_ms,
        uplink_tap=witnesses.uplink,
        cloud_tap=witnesses.cloud,
    )
    parts = replaced.stream_manager
    ours = parts.sinks is make_sinks
    manager = SimulatedManager(
        world,
        machine=machine,
        settings=_settings(plan.site.stream_manager),
        parts=parts,
        destinations=links if ours else Senders(world, links, parts.sinks),
        log=logging.getLogger("simulated.stream_manager"),
    )
    site = Site(
        world,
        manager,
        witnesses.conversation,
        _variables(plan.site),
    )
    edge = Edge(site, replaced)
    edge.start()
    world.wait(WARM_MS * 1e6, lambda: False)
    progress(f"a world of its own, seed {plan.seed}")
    own = metadata.version("stream-chaos")
    return SimulatedEnvironment(
        world,
        edge=edge,
        links=links,
        witnesses=witnesses,
        origin_wall_ms=ORIGIN_WALL_MS,
        versions={
            "stream-chaos": own,
            "python": platform.python_version(),
            "stream-manager": stream_manager or own,
        },
    )


def _cloud(
    replaced: Replacements, world: World, clock: WallClock, site: Settings
) -> SimulatedCloud:
    cloud = replaced.cloud(world, clock)
    for stream in (AGGREGATE_DATA, *site.kinesis_streams):
        cloud.provide("kinesis", stream)
    cloud.provide("iotanalytics", CHANNEL)
    return cloud


def _settings(variables: Mapping[str, str]) -> ManagerSettings:
    return ManagerSettings(
        pool_size=int(variables.get("STREAM_MANAGER_EXPORTER_THREAD_POOL_SIZE", "5")),
        max_backoff_ms=int(variables.get("STREAM_MANAGER_EXPORTER_MAX_BACKOFF_MS", "300000")),
        max_bandwidth_kbit_per_s=int(variables.get("STREAM_MANAGER_EXPORTER_MAX_BANDWIDTH", "0")),
    )


def _variables(site: Settings) -> Mapping[str, Mapping[str, str]]:
    raw = site.stream_producer.get("LOCAL_STREAM", RAW_STREAM)
    return {
        "sensor_source": site.sensor_source,
        "stream_producer": {"STREAM_MANAGER_CHANNEL": CHANNEL, **site.stream_producer},
        "stream_aggregator": {
            "LOCAL_DATA_STREAM": raw,
            "KINESIS_DATA_STREAM": AGGREGATE_DATA,
            **site.stream_aggregator,
        },
    }
