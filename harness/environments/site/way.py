"""The way from the edge to the cloud and those who watch it: edge and uplink tap, Toxiproxy, cloud tap."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from harness.environments.site.links import Links
from harness.environments.site.parts import RunningPart
from harness.environments.site.site import Site
from harness.environments.site.waiting_for_parts import said_ready, wait_for

READY_S = 30.0
EDGE_TAP, CLOUD_TAP = "edge-tap", "cloud-tap"

P = TypeVar("P", bound=RunningPart)


@dataclass(frozen=True, slots=True, kw_only=True)
class TapWitness(Generic[P]):
    """A tap as a witness.

    Attributes:
        name: of its file, without ending.
        file: where its lines are appended.
        part: that it is.
    """

    name: str
    file: Path
    part: P

    def alive(self) -> bool:
        """Whether it still watches."""
        return self.part.alive()


def tap_witness(site: Site, name: str, part: P) -> TapWitness[P]:
    """The witness that a tap of a site is."""
    return TapWitness(name=name, file=record_of(site, name), part=part)


def record_of(site: Site, name: str) -> Path:
    """Where a tap writes what it sees."""
    return site.witness / f"{name}.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way(Generic[P]):
    """The running parts between edge and cloud."""

    edge_tap: TapWitness[P]
    cloud_tap: TapWitness[P]
    toxiproxy: P

    @property
    def witnesses(self) -> tuple[TapWitness[P], ...]:
        """Those who watch it."""
        return (self.edge_tap, self.cloud_tap)

    @property
    def parts(self) -> tuple[P, ...]:
        """All of it, in the order in which it ends."""
        return (self.edge_tap.part, self.toxiproxy, self.cloud_tap.part)

    def end(self, stop: Callable[[P], object]) -> None:
        """End it in order, each part when nobody needs it any more."""
        for part in self.parts:
            stop(part)


def open_links(site: Site, way: Way[P], *, here: str, there: str, poll_s: float) -> Links:
    """Wait for all of it, and connect its ends by a link for each service.

    Args:
        here: address on which Toxiproxy listens.
        there: where it finds the cloud tap.
        poll_s: how often a part is looked at.

    Raises:
        EnvironmentUnavailable: a part ended or did not answer in time, or a port is taken.
    """
    links = Links(site.toxiproxy)
    answers = partial(wait_for, seconds=READY_S, poll_s=poll_s)
    answers(links.running, "Toxiproxy to answer", parts=[way.toxiproxy])
    for service, link in site.links.items():
        links.create(
            service, listen=link.toxiproxy, upstream=link.cloud_tap, here=here, there=there
        )
    for tap in reversed(way.witnesses):
        what = f"{tap.part.name[0].lower()}{tap.part.name[1:]} to listen"
        answers(partial(said_ready, tap.part), what, parts=[tap.part])
    return links
