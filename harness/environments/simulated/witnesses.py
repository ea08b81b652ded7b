"""The witnesses of a simulated site: the same lines as the real taps write, told to the run's observer as well."""

from pathlib import Path
from typing import Any

from harness.environments.simulated.world import World
from harness.run.observer import Observer
from harness.taps.conversation import Conversation
from harness.taps.record import Record

EDGE_TAP, UPLINK_TAP, CLOUD_TAP, CLOUD_READER = (
    "edge-tap",
    "uplink-tap",
    "cloud-tap",
    "cloud-reader",
)


class Witnesses:
    """See the module.

    Args:
        folder: of their files.

    Attributes:
        files: of the taps, by name.
        observer: knows what they have told.
    """

    def __init__(self, world: World, folder: Path) -> None:
        self._world = world
        self._folder = folder
        self.observer = Observer()
        self.files = {name: folder / f"{name}.jsonl" for name in (EDGE_TAP, CLOUD_TAP)}
        self.edge = self._record(EDGE_TAP, EDGE_TAP)
        self.uplink = self._record(UPLINK_TAP, EDGE_TAP)
        self.cloud = self._record(CLOUD_TAP, CLOUD_TAP)
        self._connections = 0

    def _record(self, witness: str, file: str) -> Record:
        return Record(
            self._folder / f"{file}.jsonl",
            witness=witness,
            origin_ns=0,
            clock_ns=self.clock_ns,
            observe=self.observe,
        )

    def clock_ns(self) -> int:
        """The time that lines are told with."""
        return self._world.now_ns

    def observe(self, line: dict[str, Any]) -> None:
        """A line was written."""
        self.observer.take(line)
        self._world.observe()

    def conversation(self) -> Conversation:
        """The edge tap's watcher of a new connection."""
        self._connections += 1
        return Conversation(self.edge, self._connections)

    def reader(self) -> Record:
        """Where the cloud reader writes."""
        return self._record(CLOUD_READER, CLOUD_READER)

    def close(self) -> None:
        """The last line of each tap."""
        for record in (self.uplink, self.edge, self.cloud):
            record.close()
