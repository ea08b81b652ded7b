"""The witnesses of a simulated site: the same lines as the real taps write, in one list and told to the run's observer.

One thread writes them all, so they are in the order in which things happened, also where their times are equal.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.environments.simulated.world import World
from harness.history.compact import BLOCK_LINES, COMPACT, Packer
from harness.history.lines import render
from harness.run.observer import Observer
from harness.taps.conversation import Conversation

EDGE_TAP, UPLINK_TAP, CLOUD_TAP, CLOUD_READER = (
    "edge-tap",
    "uplink-tap",
    "cloud-tap",
    "cloud-reader",
)


LONG_LINES = 100_000
"""A history of more lines is packed: that of half an hour at twenty readings per second."""


class Told:
    """What one witness tells; see `harness.taps.record.Testimony`.

    Args:
        take: takes each line.
    """

    def __init__(self, world: World, witness: str, take: Callable[[dict[str, Any]], None]) -> None:
        self._world = world
        self._witness = witness
        self._take = take
        self._closed = False

    def write(self, kind: str, type: str, **fields: Any) -> None:
        """Take one line, now."""
        if not self._closed:
            at = round(self._world.now_ns / 1e6, 3)
            self._take({"at": at, "witness": self._witness, "kind": kind, "type": type, **fields})

    def close(self) -> None:
        """Take the last line."""
        self.write("closed", "note")
        self._closed = True


class Witnesses:
    """See the module.

    Attributes:
        lines: of all of them; where they are packed, those that are not packed yet.
        packer: packs them from LONG_LINES on, so that a long run has room in memory; None: they stay as they are.
        observer: knows what they have told.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.packer: Packer | None = None
        self.observer = Observer()
        self.lines: list[dict[str, Any]] = []
        self.edge, self.uplink, self.cloud = map(self.told, (EDGE_TAP, UPLINK_TAP, CLOUD_TAP))
        self._most = LONG_LINES
        self._connections = 0

    def told(self, witness: str) -> Told:
        """What somebody tells."""
        return Told(self._world, witness, self._line)

    def _line(self, line: dict[str, Any]) -> None:
        self.lines.append(line)
        if self.packer is not None and len(self.lines) >= self._most:
            self._pack(self.packer)
        self.observer.take(line)
        self._world.observe()

    def _pack(self, packer: Packer) -> None:
        for begin in range(0, len(self.lines), BLOCK_LINES):
            packer.add(self.lines[begin : begin + BLOCK_LINES])
        self.lines.clear()
        self._most = BLOCK_LINES

    def keep(self, folder: Path) -> None:
        """Write all lines into the folder of a run: as they are, unless they are many."""
        if self.packer is None or self._most == LONG_LINES:
            (folder / "history.jsonl").write_text(render(self.lines), encoding="utf-8")
        else:
            self._pack(self.packer)
            (folder / COMPACT).write_bytes(self.packer.data())

    def conversation(self) -> Conversation:
        """The edge tap's watcher of a new connection."""
        self._connections += 1
        return Conversation(self.edge, self._connections)

    def close(self) -> None:
        """The last line of each tap."""
        for each in (self.uplink, self.edge, self.cloud):
            each.close()
