"""The edge of a simulated site: the stream manager and the functions, and the core that starts again what dies."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from harness.environments.errors import InjectionFailed
from harness.environments.simulated.functions import (
    Process,
    Site,
)
from harness.environments.simulated.machine import BOOT_MS
from harness.environments.simulated.manager import SimulatedManager
from harness.environments.simulated.pauses import Pauses
from harness.environments.simulated.replacements import Replacements
from harness.environments.simulated.world import Event
from harness.fault.target import Target
from system.greengrass.supervision.backoff import Backoff, BackoffRule
from system.stream_manager.errors import StorageFailed

MANAGER_START_MS = 300.0
"""From the start of the process until it listens."""

GRACE_MS = 2_000.0
"""How long a batch under way is waited for when the stream manager is told to stop."""

CORE_START_MS = 3_000.0
"""From the start of the core until it starts its group."""

FIRST_PID = 1000


class Edge:
    """See the module.

    Args:
        site: what functions have around them.
        made_of: the functions.

    Attributes:
        changed: called when a process begins or ends.
    """

    def __init__(self, site: Site, made_of: Replacements) -> None:
        self.manager: SimulatedManager = site.manager
        self.world = site.world
        self.changed: Callable[[], None] = lambda: None
        self.producer = made_of.producer(site, self._changed)
        self.source = made_of.source(site, self._changed, self.producer.publish)
        self.aggregator = made_of.aggregator(site, self._changed)
        self.machine = site.manager.machine
        self._core = site.core
        self._power_cuts = Pauses(self._boot, self._lose_power)
        self._pauses: dict[str, Pauses] = {
            Target.CORE: self._core.pauses,
            Target.STREAM_MANAGER: self.manager.pauses,
            **{each.name: each.pauses for each in self.functions},
        }
        self._log = site.log
        self._backoff = Backoff(BackoffRule())
        self._manager_lives = 0
        self._manager_began_ns = 0
        self._core_lives = 0
        self._core_runs = False
        self._core_began_ns = 0
        self._starting: Event | None = None
        self._booting: Event | None = None
        self._dismissed = False

    @property
    def functions(self) -> tuple[Process, ...]:
        """All of them."""
        return (self.source, self.producer, self.aggregator)

    def start(self) -> None:
        """Begin: the core, which starts everything else."""
        self._start_core()
        self._start_group()

    def _start_core(self) -> None:
        self._core_lives += 1
        self._core_runs = True
        self._core_began_ns = self.world.now_ns
        self._changed()

    def _start_group(self) -> None:
        if not self._dismissed:
            self._start_manager_later(0)
            for function in self.functions:
                function.recall()

    def _start_manager_later(self, milliseconds: float) -> None:
        if self._starting is not None:
            self._starting.cancel()
        self._starting = self.world.after(milliseconds, lambda: self._core.do(self._begin_manager))

    def _begin_manager(self) -> None:
        self._starting = self.world.after(MANAGER_START_MS, self._start_manager)

    def _start_manager(self) -> None:
        self._starting = None
        if self._dismissed:
            return
        assert not self.manager.listening, "the stream manager would run twice"
        self._manager_lives += 1
        self._manager_began_ns = self.world.now_ns
        try:
            self.manager.start()
        except StorageFailed as error:
            self._log.info("the stream manager ended and is started again: %s", error)
            self._end_manager(self.manager.kill)
        self._changed()

    def _changed(self) -> None:
        self.changed()

    def running(self) -> Mapping[str, tuple[int, int]]:
        """Of each process that runs its number and when it began."""
        found: dict[str, tuple[int, int]] = {}
        if not self._dismissed and self._core_runs:
            found[Target.CORE] = (FIRST_PID + self._core_lives, self._core_began_ns)
        if self.manager.listening:
            found[Target.STREAM_MANAGER] = (
                2 * FIRST_PID + self._manager_lives,
                self._manager_began_ns,
            )
        for place, function in enumerate(self.functions, start=3):
            if function.alive:
                found[function.name] = (place * FIRST_PID + function.lives, function.began_ns)
        return found

    def aggregates(self) -> Mapping[str, Any]:
        """The newest aggregate of each sensor."""
        latest = self.aggregator.latest
        return {} if latest is None else latest.answer()["sensors"]

    # -- what is done to it --------------------------------------------------------------------

    def kill(self, target: str) -> None:
        """Kill a process without warning; it is started again.

        Raises:
            InjectionFailed: it does not run now.
        """
        self._must_run(target, "killed")
        if target == Target.CORE:
            self._end_group()
            self._start_core_again()
        elif target == Target.STREAM_MANAGER:
            self._end_manager(self.manager.kill)
        else:
            self._function(target).kill()

    def restart(self, target: str) -> None:
        """End a process in order, which may take a while; it is started again like one that was killed.

        Raises:
            InjectionFailed: it does not run now, or stands still.
        """
        self._must_run(target, "restarted")
        if self._pauses[target]:
            raise InjectionFailed(f"{target} cannot be restarted: it stands still")
        if target == Target.CORE:
            self._restart_core()
        elif target == Target.STREAM_MANAGER:
            self._restart_manager()
        else:
            self._function(target).kill()

    def _restart_core(self) -> None:
        life = self._core_lives
        for function in self.functions:
            function.dismiss()
        self.settle()
        # Meanwhile it may have died of something else, which has it started again.
        if self._core_runs and self._core_lives == life:
            self.manager.stop()
            self._end_group()
            self._start_core_again()

    def _restart_manager(self) -> None:
        life = self.manager.life
        self.settle()
        if self.manager.life is life:
            self._end_manager(self.manager.stop)

    @contextmanager
    def paused(self, target: str) -> Iterator[None]:
        """Have a process stand still, the core alone; leaving the block lets it go on.

        Raises:
            InjectionFailed: it does not run now.
        """
        self._must_run(target, "paused")
        with self._pauses[target].one_more():
            yield

    def without_power(self) -> AbstractContextManager[None]:
        """Have the machine off; leaving the block boots it."""
        return self._power_cuts.one_more()

    def _lose_power(self) -> None:
        self._core_runs = False
        self._end_group()
        self.machine.lose_power()

    def _boot(self) -> None:
        self._booting = self.world.after(BOOT_MS, self._start_core_again)

    def unclean(self) -> list[str]:
        """What is done to its processes and its power now."""
        paused = [f"{target}: stands still" for target, each in self._pauses.items() if each]
        return [*paused, "machine: without power"] if self._power_cuts else paused

    def heal_all(self) -> None:
        """Let everything go on, and boot; the guards that come later find nothing to heal."""
        for pauses in self._pauses.values():
            pauses.heal()
        self._power_cuts.heal()

    def _must_run(self, target: str, what: str) -> None:
        if target not in self.running():
            raise InjectionFailed(f"{target} cannot be {what}: it does not run now")

    def _function(self, name: str) -> Process:
        return next(each for each in self.functions if each.name == name)

    def settle(self) -> None:
        """Let the stream manager end what is under way, for so long as it is given."""
        life = self.manager.life
        self.manager.end_exporting()
        self.world.wait(
            self.world.now_ns + GRACE_MS * 1e6,
            lambda: self.manager.life is not life or self.manager.has_settled(),
        )

    def _end_manager(self, end: Callable[[], None]) -> None:
        lived_s = (self.world.now_ns - self._manager_began_ns) / 1e9
        end()
        self._changed()
        wait_s = self._backoff.failed_after(lived_s)
        self._start_manager_later(wait_s * 1000)

    def _end_group(self) -> None:
        for event in (self._starting, self._booting):
            if event is not None:
                event.cancel()
        for function in self.functions:
            function.dismiss()
        self.manager.kill()
        self._core.die()
        self.producer.forget()
        self._changed()

    def _start_core_again(self) -> None:
        if self._dismissed or self._power_cuts:
            return
        self._start_core()
        self._booting = self.world.after(CORE_START_MS, lambda: self._core.do(self._start_group))

    def dismiss(self) -> None:
        """End the functions in order; the stream manager goes on until it is stopped."""
        self._dismissed = True
        for function in self.functions:
            function.dismiss()
