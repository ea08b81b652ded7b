"""What standing a site up is made of in every edition with real parts."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from harness.environments.protocol import ProbeFailed
from harness.environments.site.environment import SiteEnvironment
from harness.environments.site.loopback import reach_loopback_directly
from harness.environments.site.parts import RunningPart
from harness.environments.site.ports import Ports
from harness.environments.site.readiness import wait_until_ready
from harness.environments.site.register import Register, owned
from harness.environments.site.room import check_room, disk_told
from harness.environments.site.site import Site
from harness.environments.site.source import SensorSource, aggregates_url, answers
from harness.environments.site.waiting_for_parts import wait_for
from harness.plan.parts import Site as Settings
from harness.scenario.site_file import SiteFile
from harness.tools.cache import Progress

PAGES_S = 20.0

ELSEWHERE = "name another folder with XDG_STATE_HOME"

FUNCTION_PORTS = ("sensor_api", "aggregate_api", "dashboard")
OTHER_PORTS = ("cloud", "toxiproxy", "stream_manager", "mqtt")
PORT_NAMES = (*FUNCTION_PORTS, *OTHER_PORTS)
"""The ports of a site that can be asked for; `stream_manager` is where functions find it, `mqtt`
where devices do."""


@contextmanager
def prepared(sites: Register, directory: Path, progress: Progress) -> Iterator[Ports]:
    """Room and a clean register for a site, and ports that are held for it.

    Args:
        sites: what interrupted runs left there is removed first.
        directory: for the records.
        progress: told what was removed.

    Raises:
        EnvironmentUnavailable: there is no room, or the disk refuses something in the block.
    """
    reach_loopback_directly()
    with Ports() as held, disk_told(sites.directory, f"Mend it, or {ELSEWHERE}"):
        sites.directory.mkdir(parents=True, exist_ok=True)
        check_room(sites.directory, "a site", ELSEWHERE)
        check_room(directory, "a run's records", "name another folder with --reports")
        for removed in sites.clean():
            progress(f"removed what an earlier run left: {removed}")
        yield held


def chosen_ports(held: Ports, settings: Settings, asked: Mapping[str, int]) -> dict[str, int]:
    """A port for each of OTHER_PORTS and of what runs on the site: what is asked for wins over the plan's.

    Raises:
        EnvironmentUnavailable: one is taken.
    """
    own = settings.ports_asked
    names = (*own, *OTHER_PORTS)
    return held.asked_or_free({name: asked.get(name, own.get(name, 0)) for name in names})


@contextmanager
def rising(environment: SiteEnvironment, sites: Register) -> Iterator[None]:
    """The block stands a site up, which belongs to this process; what has come of one that fails is taken down."""
    try:
        sites.enter(owned(environment.site.name))
        sites.describe(environment.site)
        yield
    except BaseException:
        environment.close()
        raise


def wait_for_pages(
    site: Site, parts: Sequence[RunningPart], application: SiteFile | None = None
) -> None:
    """Return when the functions' APIs and the page answer, or what a site file wants is there.

    Args:
        site: whose.
        parts: without which that will never be.
        application: what runs on it in the place of our functions.

    Raises:
        EnvironmentUnavailable: one does not, or a part ended.
    """
    if application is not None:
        wait_until_ready(site, application, parts)
        return
    source = SensorSource(site.url("sensor_api"))

    def source_answers() -> bool:
        try:
            source.status()
        except ProbeFailed:
            return False
        return True

    aggregates, page = aggregates_url(site.url("aggregate_api")), site.url("dashboard")
    wait_for(source_answers, "the sensor source", parts=parts, seconds=PAGES_S)
    wait_for(lambda: answers(aggregates), "the aggregates", parts=parts, seconds=PAGES_S)
    wait_for(lambda: answers(page), "the page", parts=parts, seconds=PAGES_S)
