"""What an edition with real parts is to a run, but for the parts themselves."""

import shutil
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.browser.look import Look
from harness.environments.protocol import (
    Destination,
    ProbeFailed,
    ProbeName,
    ProcessState,
    SourceStatus,
    Witness,
)
from harness.environments.site.edge_processes import EdgeProcesses
from harness.environments.site.links import Links, Toxic
from harness.environments.site.page_look import look_through_browser
from harness.environments.site.reading import read_all
from harness.environments.site.register import Entry, Register
from harness.environments.site.site import Site
from harness.environments.site.source import Source, page_status, sensors_with_aggregates, source_of
from harness.fault.registry import Fault
from harness.interruption import undisturbed
from harness.scenario.site_file import PAGE


class SiteEnvironment(ABC):
    """What stands of a site, from its first part to its last; see `harness.environments.protocol.Environment`.

    Args:
        site: how its parts are reached.
        register: where it is entered.
        versions: of its parts.

    Attributes:
        stages: what standing it up was spent on: name and seconds, in order.
        links: as soon as they are there.
    """

    def __init__(self, site: Site, register: Register, versions: Mapping[str, str]) -> None:
        self.site = site
        self.versions = versions
        self.origin_ns = site.origin_monotonic_ns
        self.origin_wall_ms = site.origin_wall_ms
        self.stages: Sequence[tuple[str, float]] = ()
        self.links: Links | None = None
        self._register = register
        self._source: Source = source_of(site)
        self._afterwards: list[Callable[[], None]] = []
        self._over = False

    # -- standing and falling ------------------------------------------------------------------

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def afterwards(self, restore: Callable[[], None]) -> None:
        """Have something put back when the site is down, or left standing."""
        self._afterwards.append(restore)

    def use_source(self, source: Source) -> None:
        """Have somebody else make the data, in the place of whom the site has for it."""
        self._source = source

    def leave_standing(self) -> None:
        """The site outlives this process: from now on it is taken down by `stream-chaos down` alone."""
        self._register.enter(Entry(name=self.site.name))
        self._end()

    def close(self) -> None:
        """Take everything down, as fast as it goes; what the parts logged is kept. Nothing is done twice."""
        if self._over:
            return
        with undisturbed():
            self.end_parts()
            self._keep_core_logs()
            self._register.remove(self.site.name)
            self._end()

    @abstractmethod
    def end_parts(self) -> None:
        """End every part at once, and keep what it logged."""

    def _end(self) -> None:
        self._over = True
        for restore in reversed(self._afterwards):
            restore()

    def _keep_core_logs(self) -> None:
        # A disk that is full must not keep anything standing.
        with suppress(OSError):
            if (source := self.site.core_logs).is_dir():
                shutil.copytree(source, self.site.logs / "greengrass", dirs_exist_ok=True)

    # -- what a run asks -----------------------------------------------------------------------

    def now_ms(self) -> float:
        """Milliseconds since the origin."""
        return (time.monotonic_ns() - self.origin_ns) / 1e6

    @abstractmethod
    def inject(self, fault: Fault) -> AbstractContextManager[None]:
        """A lease: entering does it, leaving heals it, also by an exception.

        Entering raises InjectionFailed where there is nothing to disturb.
        """

    def unclean(self) -> list[str]:
        """What is on the links besides the latency that the scenario holds on them."""
        return self._links.unclean(self.held)

    def heal_all(self) -> None:
        """Bring every link back."""
        self._links.heal_all(self.held)

    @property
    def held(self) -> list[Toxic]:
        """What the scenario holds on every link."""
        return self.site.held

    def probe(self, name: ProbeName) -> float:
        """Measure something.

        Raises:
            ProbeFailed: it cannot be measured now.
        """
        match name:
            case ProbeName.SOURCE_PUBLISHED:
                return self.source().published
            case ProbeName.SOURCE_NEXT_ORDINAL:
                return self.source().next_ordinal
            case ProbeName.AGGREGATES_SHOWN:
                return sensors_with_aggregates(self._url("aggregates"))
            case ProbeName.PAGE_STATUS:
                return page_status(self._url(PAGE))

    def look_at_page(self, picture: Path) -> Look:
        """Have a browser look at the page for people, and write its picture.

        Args:
            picture: PNG file.

        Raises:
            ProbeFailed: there is no such page or no browser, or it sees nothing.
        """
        mark = self._register.mark(self.site.name)
        return look_through_browser(self.site, self._url(PAGE), picture, mark=mark)

    def _url(self, page: str) -> str:
        urls = self.site.urls
        if page not in urls:
            raise ProbeFailed(page, f"the site {self.site.name} has none")
        return urls[page]

    @abstractmethod
    def witnesses(self) -> Sequence[Witness]:
        """The taps; the cloud reader comes when everything is over."""

    def processes(self) -> Mapping[str, ProcessState]:
        """The processes of the edge that run now."""
        return self.edge.processes()

    @property
    @abstractmethod
    def edge(self) -> EdgeProcesses:
        """The core and what it runs, once it was started."""

    def start_source(self, first_reading_ms: float) -> None:
        """Have ordinal 0 of each sensor made at this moment, and the others after it, without end.

        Raises:
            ProbeFailed: the source does not answer.
        """
        # Not from the wall clock at the origin: it may have been set since.
        self._source.start(time.time() + (first_reading_ms - self.now_ms()) / 1000)

    def stop_source(self) -> None:
        """No more readings.

        Raises:
            ProbeFailed: the source does not answer.
        """
        self._source.stop()

    def source(self) -> SourceStatus:
        """What the source says.

        Raises:
            ProbeFailed: it does not answer.
        """
        return self._source.status()

    @abstractmethod
    def stop_exporting(self) -> None:
        """End the edge, then edge tap, Toxiproxy and cloud tap, each when nobody needs it any more."""

    def read_back(self, destinations: Sequence[Destination]) -> None:
        """Have the cloud reader write down what the destinations hold, into `cloud-reader.jsonl`."""
        read_all(self.site, destinations)

    @property
    def _links(self) -> Links:
        assert self.links is not None, "it stands"
        return self.links
