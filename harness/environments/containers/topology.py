"""Which containers a site has, how they are connected, and where their ports are. Pure.

Two networks: the edge's and the cloud's. Toxiproxy alone is in both, so it is the only way between them. On the
edge's network there is one address, `greengrass`: that of the edge tap's container. The core shares it, so that the
core can die and be started again while the tap, the ports and their connections stay where they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.environments.site.edge import cloud_variables, options
from harness.environments.site.marked_containers import LABEL
from harness.environments.site.site import SERVICES, Site

EVERYWHERE = "0.0.0.0"
LOOPBACK = "127.0.0.1"

CLIENT_PORT = 8088
"""Where functions find the stream manager: the edge tap."""

SERVER_PORT = 18088
"""Where the stream manager itself listens."""

MQTT_PORT = 8883
"""Where devices connect to: the core's default."""

REFERENCE_PORTS = {"sensor_api": 8180, "aggregate_api": 8181}
"""Where our functions listen, as the accelerator has it; others listen where their site file says."""

PAGE_PORTS = ("dashboard", "page")
"""Names of the ports that the managed container publishes itself."""

TOXIPROXY_PORT = 8474
CLOUD_PORT = 4566
UPLINK_TAP, LINK, CLOUD_TAP = 4101, 4201, 4301
"""The first port of each stage of the way; the services follow each other."""

EDGE_HOST, TOXIPROXY_HOST, CLOUD_TAP_HOST, CLOUD_HOST = (
    "greengrass",
    "toxiproxy",
    "cloud-tap",
    "localstack",
)
ROOT = "/greengrass"
WITNESS = "/witness"
ENGINE_SOCKET = Path("/var/run/docker.sock")
ENTRY_POINT = ("python", "/opt/stream-chaos/gg_docker/entry_point.py")
"""Of the core's image, which names it from its own working directory."""

Ports = Mapping[int, int]
"""Ports of a container and the ports of this machine's loopback that they are published on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One container.

    Attributes:
        title: what it is, to begin a sentence with.
        part: the end of its name.
        image: reference.
        command: after the image's entry point.
        environment: its variables.
        network: the part of the network's name; empty where it shares another container's.
        host: its name in that network.
        ports: that are published.
        mounts: folders and files of this machine, and where they are in the container.
        settings: what Docker is told besides.
    """

    title: str
    part: str
    image: str
    command: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    network: str = ""
    host: str = ""
    ports: Ports = field(default_factory=dict)
    mounts: Mapping[Path, str] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)


def stage(first: int) -> dict[str, int]:
    """The port of each service at one stage of the way."""
    return {service: first + number for number, service in enumerate(SERVICES)}


def function_ports(site: Site) -> dict[str, int]:
    """Where functions listen in the core's container, by name."""
    return {
        name: REFERENCE_PORTS.get(name, port)
        for name, port in site.ports.items()
        if name not in PAGE_PORTS
    }


def name_of(site: str, part: str) -> str:
    """How Docker calls a part of a site, also its networks and its project of containers."""
    return f"stream-chaos-{site.lower()}-{part}"


def page_variables(site: Site, image: str, mark: str) -> dict[str, str]:
    """What the compose file of the managed container, and whoever runs it, is told of this site.

    Args:
        site: whose.
        image: of the page.
        mark: of the site.
    """
    return {
        "GREENGRASS_NETWORK": name_of(site.name, "edge"),
        "GREENGRASS_DASHBOARD_IMAGE": image,
        "GREENGRASS_PUBLISH_ADDRESS": LOOPBACK,
        "GREENGRASS_CONTAINER_LABELS": f"{LABEL}={mark}",
        "COMPOSE_PROJECT_NAME": name_of(site.name, "page"),
    }


def labels(mark: str) -> dict[str, str]:
    """What everything of a site carries."""
    return {LABEL: mark}


def edge_tap(site: Site, image: str, user: str) -> Recipe:
    """The witness of the edge, which also holds the edge's address and publishes its ports.

    Args:
        site: whose.
        image: of the taps.
        user: who writes its record.
    """
    links = stage(LINK)
    ways = [
        f"{service}={port}:{TOXIPROXY_HOST}:{links[service]}"
        for service, port in stage(UPLINK_TAP).items()
    ]
    published = {
        CLIENT_PORT: site.client_port,
        **({MQTT_PORT: site.mqtt_port} if site.mqtt_port else {}),
        **{inside: site.ports[name] for name, inside in function_ports(site).items()},
        **{port: site.links[service].uplink_tap for service, port in stage(UPLINK_TAP).items()},
    }
    return Recipe(
        title="The edge tap",
        part="edge-tap",
        image=image,
        command=[
            *("harness.taps.edge", "--host", EVERYWHERE),
            *("--listen", str(CLIENT_PORT), "--server", str(SERVER_PORT)),
            *(option for way in ways for option in ("--uplink", way)),
            *_record(site, "edge-tap"),
        ],
        network="edge",
        host=EDGE_HOST,
        ports=published,
        mounts={site.witness: WITNESS},
        settings={"user": user},
    )


def cloud_tap(site: Site, image: str, user: str) -> Recipe:
    """The witness of the cloud."""
    ports = [f"{service}={port}" for service, port in stage(CLOUD_TAP).items()]
    return Recipe(
        title="The cloud tap",
        part="cloud-tap",
        image=image,
        command=[
            *("harness.taps.cloud", "--host", EVERYWHERE),
            *("--target", f"http://{CLOUD_HOST}:{CLOUD_PORT}"),
            *(option for port in ports for option in ("--service", port)),
            *_record(site, "cloud-tap"),
        ],
        network="cloud",
        host=CLOUD_TAP_HOST,
        mounts={site.witness: WITNESS},
        settings={"user": user},
    )


def _record(site: Site, witness: str) -> list[str]:
    return ["--record", f"{WITNESS}/{witness}.jsonl", "--origin", str(site.origin_monotonic_ns)]


def toxiproxy(site: Site, image: str) -> Recipe:
    """The links. It begins on the edge's network, and is connected to the cloud's."""
    return Recipe(
        title="Toxiproxy",
        part="toxiproxy",
        image=image,
        command=["-host", EVERYWHERE, "-port", str(TOXIPROXY_PORT)],
        network="edge",
        host=TOXIPROXY_HOST,
        ports={TOXIPROXY_PORT: site.toxiproxy},
    )


def core(
    site: Site,
    image: str,
    *,
    beside: str,
    user: tuple[int, int],
    page: Mapping[str, str],
    socket: Path = ENGINE_SOCKET,
    stream_manager: str | None = None,
    place: Path | None = None,
) -> Recipe:
    """The Greengrass core.

    Args:
        site: whose.
        image: of the core.
        beside: id of the container whose address it shares.
        user: user and group whose files are mounted, and who runs it.
        page: variables for the compose file of the managed container.
        socket: of the engine, on this machine.
        stream_manager: command that is run in the place of our stream manager.
        place: the folder where that command is run, in the container as here.
    """
    uid, gid = user
    replaced = {place: str(place)} if place is not None else {}
    return Recipe(
        title="The Greengrass core",
        part="core",
        image=image,
        command=[
            *("--containers", "docker", "--mqtt-address", EVERYWHERE),
            *options(SERVER_PORT, CLIENT_PORT, stream_manager),
        ],
        environment={
            **cloud_variables(stage(UPLINK_TAP)),
            **page,
            "GG_ROOT": ROOT,
            "GG_UID": str(uid),
            "GG_GID": str(gid),
        },
        mounts={site.root: ROOT, socket: str(ENGINE_SOCKET), **replaced},
        settings={
            "init": True,
            "network_mode": f"container:{beside}",
            **({"working_dir": str(place), "entrypoint": list(ENTRY_POINT)} if replaced else {}),
        },
    )
