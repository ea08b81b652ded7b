"""The way from the edge to the cloud and those who watch it: edge and uplink tap, Toxiproxy, cloud tap."""

from dataclasses import dataclass
from pathlib import Path

from harness.environments.site.links import Links
from harness.environments.site.ports import LOOPBACK
from harness.environments.site.processes import Part, environment_for, python, start
from harness.environments.site.site import Site
from harness.environments.site.waiting_for_parts import said_ready, wait_for

READY_S = 30.0
EDGE_TAP, CLOUD_TAP = "edge-tap", "cloud-tap"


@dataclass(frozen=True, slots=True, kw_only=True)
class TapWitness:
    """A tap process as a witness.

    Attributes:
        name: of its file, without ending.
        file: where its lines are appended.
        part: its process.
    """

    name: str
    file: Path
    part: Part

    def alive(self) -> bool:
        """Whether it still watches."""
        return self.part.alive()


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The running parts between edge and cloud."""

    edge_tap: TapWitness
    cloud_tap: TapWitness
    toxiproxy: Part

    @property
    def parts(self) -> tuple[Part, ...]:
        """Its processes, in the order in which they end."""
        return (self.edge_tap.part, self.toxiproxy, self.cloud_tap.part)


def start_way(site: Site, toxiproxy: Path, mark: str) -> Way:
    """Start all of it and return at once; `open_links` waits.

    Raises:
        EnvironmentUnavailable: something cannot be started at all.
    """
    return Way(
        edge_tap=_start_tap(site, EDGE_TAP, _edge_tap(site), mark),
        cloud_tap=_start_tap(site, CLOUD_TAP, _cloud_tap(site), mark),
        toxiproxy=start(
            "Toxiproxy",
            [str(toxiproxy), "-host", LOOPBACK, "-port", str(site.toxiproxy)],
            environment=environment_for(mark, {}),
            log=site.logs / "toxiproxy.log",
        ),
    )


def _start_tap(site: Site, name: str, command: list[str], mark: str) -> TapWitness:
    file = site.witness / f"{name}.jsonl"
    record = ["--record", str(file), "--origin", str(site.origin_monotonic_ns)]
    part = start(
        f"The {name.replace('-', ' ')}",
        [*command, *record],
        environment=environment_for(mark, {}),
        log=site.logs / f"{name}.log",
    )
    return TapWitness(name=name, file=file, part=part)


def _edge_tap(site: Site) -> list[str]:
    ways = [f"{service}={link.uplink_tap}:{link.toxiproxy}" for service, link in site.links.items()]
    options = [part for way in ways for part in ("--uplink", way)]
    ends = ["--listen", str(site.client_port), "--server", str(site.server_port)]
    return python("harness.taps.edge", *ends, *options)


def _cloud_tap(site: Site) -> list[str]:
    services = [f"{service}={link.cloud_tap}" for service, link in site.links.items()]
    options = [part for service in services for part in ("--service", service)]
    return python("harness.taps.cloud", "--target", site.cloud_url, *options)


def open_links(site: Site, way: Way) -> Links:
    """Wait for all of it, and connect its ends by a link for each service.

    Raises:
        EnvironmentUnavailable: a part ended or did not answer in time, or a port is taken.
    """
    links = Links(site.toxiproxy)
    wait_for(links.running, "Toxiproxy to answer", parts=[way.toxiproxy], seconds=READY_S)
    for service, link in site.links.items():
        links.create(service, listen=link.toxiproxy, upstream=link.cloud_tap)
    for tap in (way.cloud_tap, way.edge_tap):
        part = tap.part
        what = f"{part.name[0].lower()}{part.name[1:]} to listen"
        wait_for(lambda part=part: said_ready(part), what, parts=[part], seconds=READY_S)  # type: ignore[misc]
    return links
