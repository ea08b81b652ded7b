"""A simulated site as a run sees it; see `harness.environments.protocol.Environment`."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from harness.environments.protocol import (
    Destination,
    ProbeFailed,
    ProbeName,
    ProcessState,
    SourceStatus,
)
from harness.environments.simulated.edge import Edge
from harness.environments.simulated.faults import lease
from harness.environments.simulated.uplink import Links
from harness.environments.simulated.witnesses import CLOUD_READER, CLOUD_TAP, EDGE_TAP, Witnesses
from harness.environments.simulated.world import World
from harness.fault.registry import Fault

PAGE_OK = 200


@dataclass(frozen=True, slots=True)
class SimulatedWitness:
    """A tap of a simulated site: it never dies, and writes no file."""

    name: str
    file = Path(os.devnull)

    def alive(self) -> bool:
        """Always."""
        return True


class SimulatedEnvironment:
    """See the module.

    Attributes:
        world: its time.
        changed: called when a process has begun or ended.
    """

    stages: Sequence[tuple[str, float]] = ()
    origin_ns = 0

    def __init__(
        self,
        world: World,
        *,
        edge: Edge,
        links: Links,
        witnesses: Witnesses,
        origin_wall_ms: int,
        versions: Mapping[str, str],
    ) -> None:
        self.world = world
        self.origin_wall_ms = origin_wall_ms
        self.versions = versions
        self.edge = edge
        self.links = links
        self.records = witnesses

    def __enter__(self) -> "SimulatedEnvironment":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.edge.dismiss()

    # -- what a run asks -----------------------------------------------------------------------

    def now_ms(self) -> float:
        """Milliseconds since the origin."""
        return self.world.now_ms

    def inject(self, fault: Fault) -> AbstractContextManager[None]:
        """A lease: entering does it, leaving heals it.

        Entering raises InjectionFailed where there is nothing to disturb.
        """
        return lease(fault, self.links, self.edge)

    def unclean(self) -> list[str]:
        """What is done to the site now."""
        machine = self.edge.machine
        links = self.links
        return [*links.unclean(), *links.cloud.unclean(), *machine.unclean(), *self.edge.unclean()]

    def heal_all(self) -> None:
        """Bring everything back that can be in force for a while."""
        self.links.heal_all()
        self.links.cloud.heal_all()
        self.edge.machine.heal_all()
        self.edge.heal_all()

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
                return len(self.edge.aggregates())
            case ProbeName.PAGE_STATUS:
                return PAGE_OK

    def look_at_page(self, picture: Path) -> None:
        """Nothing: the page of this edition is nowhere."""

    def witnesses(self) -> Sequence[SimulatedWitness]:
        """The taps."""
        return [SimulatedWitness(name) for name in (EDGE_TAP, CLOUD_TAP)]

    def processes(self) -> Mapping[str, ProcessState]:
        """The processes of the edge that run now."""
        return {
            name: ProcessState(pid=pid, started=began_ns / 1e9)
            for name, (pid, began_ns) in self.edge.running().items()
        }

    def when_processes_change(self, look: Callable[[], None]) -> None:
        """Have somebody told when a process begins or ends."""
        self.edge.changed = look

    def start_source(self, first_reading_ms: float) -> None:
        """Have ordinal 0 of each sensor made at this moment, and the others after it, without end."""
        self._source().enable((self.origin_wall_ms + first_reading_ms) / 1000)

    def stop_source(self) -> None:
        """No more readings.

        Raises:
            ProbeFailed: the source does not answer.
        """
        self._source().disable()

    def source(self) -> SourceStatus:
        """What the source says.

        Raises:
            ProbeFailed: it does not answer.
        """
        status = self._source().status()
        return SourceStatus(
            enabled=status["response"] == "enabled",
            next_ordinal=status["next_ordinal"],
            published=status["published"],
            failed=status["failed"],
        )

    def _source(self) -> Any:
        source = self.edge.source.source
        if source is None or not self.edge.source.alive:
            raise ProbeFailed("what the sensor source does", "it does not run")
        if self.edge.source.pauses:
            raise ProbeFailed("what the sensor source does", "it does not answer")
        return source

    def stop_exporting(self) -> None:
        """End the edge in order, then the taps."""
        self.edge.dismiss()
        self.edge.settle()
        self.edge.manager.stop()
        self.links.close()
        self.records.close()

    def read_back(self, destinations: Sequence[Destination]) -> None:
        """Have the cloud reader write down what the destinations hold."""
        reader = self.records.told(CLOUD_READER)
        self.links.cloud.read_back(list(destinations), reader)
        reader.close()
