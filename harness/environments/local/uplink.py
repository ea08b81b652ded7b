"""The way from the edge to the cloud as processes: edge and uplink tap, Toxiproxy, cloud tap."""

from pathlib import Path

from harness.environments.site.ports import LOOPBACK
from harness.environments.site.processes import Part, environment_for, python, start
from harness.environments.site.site import Site
from harness.environments.site.way import (
    CLOUD_TAP,
    EDGE_TAP,
    TapWitness,
    Way,
    record_of,
    tap_witness,
)


def start_way(site: Site, toxiproxy: Path, mark: str) -> Way[Part]:
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


def _start_tap(site: Site, name: str, command: list[str], mark: str) -> TapWitness[Part]:
    record = ["--record", str(record_of(site, name)), "--origin", str(site.origin_monotonic_ns)]
    part = start(
        f"The {name.replace('-', ' ')}",
        [*command, *record],
        environment=environment_for(mark, {}),
        log=site.logs / f"{name}.log",
    )
    return tap_witness(site, name, part)


def _edge_tap(site: Site) -> list[str]:
    ways = [f"{service}={link.uplink_tap}:{link.toxiproxy}" for service, link in site.links.items()]
    options = [part for way in ways for part in ("--uplink", way)]
    ends = ["--listen", str(site.client_port), "--server", str(site.server_port)]
    return python("harness.taps.edge", *ends, *options)


def _cloud_tap(site: Site) -> list[str]:
    services = [f"{service}={link.cloud_tap}" for service, link in site.links.items()]
    options = [part for service in services for part in ("--service", service)]
    return python("harness.taps.cloud", "--target", site.cloud_url, *options)
