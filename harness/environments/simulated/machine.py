"""The machine that a simulated edge runs on: its disk and its wall clock, apart from the processes."""

from contextlib import AbstractContextManager

from harness.environments.leases import in_force
from harness.environments.simulated.disk import WRITE_BACK_EVERY_S, SimulatedDisk
from harness.environments.simulated.world import NS_IN_MS, World

WRITE_BACK_EVERY_NS = WRITE_BACK_EVERY_S * 1_000 * NS_IN_MS

BOOT_MS = 20_000.0
"""From the power coming back until the core is started: set, not measured; a small industrial PC with Linux."""


class WallClock:
    """The time as the edge knows it, which is the port to time.

    Args:
        wall_at_origin_ms: epoch milliseconds at the origin.
    """

    def __init__(self, world: World, wall_at_origin_ms: int) -> None:
        self._world = world
        self._wall_at_origin_ms = wall_at_origin_ms
        self._jumps: dict[object, int] = {}

    @property
    def wrong_by_ms(self) -> int:
        """How far it is ahead of the true time; negative if it is behind."""
        return sum(self._jumps.values())

    def wall_ms(self) -> int:
        """Epoch milliseconds."""
        return self.true_ms() + self.wrong_by_ms

    def true_ms(self) -> int:
        """Epoch milliseconds as everybody else knows them."""
        return self._wall_at_origin_ms + self.monotonic_ms()

    def monotonic_ms(self) -> int:
        """Milliseconds since the origin."""
        return self._world.now_ns // NS_IN_MS

    def jumped(self, by_ms: int) -> AbstractContextManager[None]:
        """Have it wrong; leaving the block puts it right."""
        return in_force(self._jumps, by_ms)

    def put_right(self) -> None:
        """The guards that come later find nothing to heal."""
        self._jumps.clear()


class Machine:
    """See the module.

    Attributes:
        disk: of the edge; it outlives processes.
        clock: of the edge.
    """

    def __init__(self, world: World, clock: WallClock) -> None:
        self.disk = SimulatedDisk(dirtied=self._write_back_soon)
        self.clock = clock
        self._world = world
        self._dice = world.dice("disk")
        self._writes_back = False

    def _write_back_soon(self) -> None:
        """At the next of its regular times; where all is durable there is nothing to do, and time may end."""
        if not self._writes_back:
            self._writes_back = True
            turns = self._world.now_ns // WRITE_BACK_EVERY_NS
            self._world.at((turns + 1) * WRITE_BACK_EVERY_NS, self._write_back)

    def _write_back(self) -> None:
        self._writes_back = False
        if self.disk.write_back():
            self._write_back_soon()

    def lose_power(self) -> None:
        """What was not synced is gone, or not, as the dice fall. The clock goes on, right or wrong."""
        self.disk.crash(self._dice)

    def unclean(self) -> list[str]:
        """What is done to it now."""
        disk = ["disk: disturbed"] if self.disk.faults else []
        return [*disk, "clock: wrong"] if self.clock.wrong_by_ms else disk

    def heal_all(self) -> None:
        """Put everything right; the guards that come later find nothing to heal."""
        self.disk.faults.clear()
        self.clock.put_right()
