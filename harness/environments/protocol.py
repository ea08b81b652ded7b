"""What a run asks of an environment, whatever edition of the world it is."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from harness.browser.look import Look
from harness.fault.registry import Fault
from harness.plan.model import Plan


class ProbeName(StrEnum):
    """What can be measured of a standing site."""

    SOURCE_PUBLISHED = "source_published"
    SOURCE_NEXT_ORDINAL = "source_next_ordinal"
    AGGREGATES_SHOWN = "aggregates_shown"
    PAGE_STATUS = "page_status"


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where an exporter delivers to.

    Attributes:
        service: of the cloud.
        target: name of the data stream or channel.
    """

    service: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """What the sensor source says of itself."""

    enabled: bool
    next_ordinal: int
    published: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessState:
    """A process of the edge that runs.

    Attributes:
        pid: of the process.
        started: epoch seconds.
    """

    pid: int
    started: float


class Witness(Protocol):
    """Somebody who writes lines of the history."""

    @property
    def name(self) -> str:
        """Of its file, without ending."""

    @property
    def file(self) -> Path:
        """Where its lines are appended."""

    def alive(self) -> bool:
        """Whether it still watches."""


class Environment(Protocol):
    """A standing site, used as a context manager: leaving the block takes all of it down, whatever happened.

    Attributes:
        origin_ns: the moment that all times of the history count from, as the environment's clock tells it.
        origin_wall_ms: the wall clock at that moment, epoch milliseconds.
        stages: what standing it up was spent on: name and seconds, in order.
        versions: of the parts, for the report.
    """

    origin_ns: int
    origin_wall_ms: int
    stages: Sequence[tuple[str, float]]
    versions: Mapping[str, str]

    def now_ms(self) -> float:
        """Milliseconds since the origin."""

    def inject(self, fault: Fault) -> AbstractContextManager[None]:
        """Entering does it, leaving heals it, also by an exception."""

    def unclean(self) -> list[str]:
        """What is on the links that should not be there; empty when every link is clean."""

    def heal_all(self) -> None:
        """Bring every link back."""

    def probe(self, name: ProbeName) -> float:
        """Measure something; raises ProbeFailed when it cannot be measured now."""

    def look_at_page(self, picture: Path) -> Look | None:
        """Have a browser look at the page for people, and write its picture.

        Raises ProbeFailed when there is no browser or it sees nothing. None: no browser can ever see this site.
        """

    def witnesses(self) -> Sequence[Witness]:
        """Those that watch the site."""

    def processes(self) -> Mapping[str, ProcessState]:
        """The processes of the edge that run now: those of `Target`, or the functions of the site by name."""

    def start_source(self, first_reading_ms: float) -> None:
        """Have ordinal 0 of each sensor made at this moment, and the others after it, without end."""

    def stop_source(self) -> None:
        """No more readings."""

    def source(self) -> SourceStatus:
        """What the source says; raises ProbeFailed when it does not answer."""

    def stop_exporting(self) -> None:
        """End the edge in order, and then the witnesses at its sides, so that each writes its last line."""

    def read_back(self, destinations: Sequence[Destination]) -> None:
        """Have the cloud reader write down what the destinations hold."""


class StandUp(Protocol):
    """Stands a site up."""

    def __call__(
        self,
        plan: Plan,
        *,
        directory: Path,
        progress: Callable[[str], None],
        stream_manager: str | None,
    ) -> AbstractContextManager[Environment]:
        """The standing site; raises EnvironmentUnavailable."""


@dataclass(eq=False)
class ProbeFailed(Exception):
    """Something could not be measured.

    Attributes:
        what: was to be measured.
        reason: why it could not.
    """

    what: str
    reason: str

    def __str__(self) -> str:
        return f"{self.what} cannot be measured: {self.reason}"
