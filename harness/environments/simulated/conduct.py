"""A run in virtual time: it passes when the run waits, and whoever follows is told of each line as it is written."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar, cast

from harness.collecting import collected_seldom
from harness.environments.protocol import Environment, ProcessState
from harness.environments.simulated.environment import SimulatedEnvironment
from harness.environments.simulated.world import FOREVER, NS_IN_MS, World
from harness.history.compact import Packer
from harness.run.notes import HARNESS, NEMESIS, Notes
from harness.run.observer import Observer
from harness.run.pace import Pace, Running
from harness.run.view import Glance, View
from harness.run.watch import Following

T = TypeVar("T")


class VirtualPace:
    """The time of a world.

    Args:
        world: whose.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    def now_ms(self) -> float:
        """The time."""
        return self._world.now_ms

    def wait(self, until_ms: float, over: Callable[[], bool]) -> bool:
        """See `harness.run.pace.Pace`."""
        until_ns = FOREVER if until_ms == FOREVER else until_ms * NS_IN_MS
        return self._world.wait(until_ns, over)

    def begin(self, name: str, body: Callable[[], None]) -> Running:
        """See `harness.run.pace.Pace`."""
        return self._world.spawn(name, body)


class VirtualWatch:
    """Knows what the witnesses have written, line by line.

    Attributes:
        trouble: always empty: here nobody who watches dies.
    """

    trouble = ""

    def __init__(self, environment: SimulatedEnvironment, notes: Notes) -> None:
        self._environment = environment
        self._notes = notes
        self._observer = environment.records.observer
        self._processes: Mapping[str, ProcessState] = {}
        self._edge_ends = False

    def ask(self, question: Callable[[Observer], T]) -> T:
        """What a question about the state of this moment answers."""
        # Rates are those of this moment, also when nothing has happened lately.
        self._observer.take({"at": self._environment.now_ms()})
        return question(self._observer)

    def edge_is_told_to_end(self) -> None:
        """From now on processes end because they are told to."""
        self._edge_ends = True

    def look(self) -> None:
        """Write down which processes began or ended."""
        if self._edge_ends:
            return
        before, self._processes = self._processes, self._environment.processes()
        for target in sorted({*before, *self._processes}):
            was, now = before.get(target), self._processes.get(target)
            if was == now:
                continue
            if was is not None:
                self._notes.note("process", target=str(target), state="gone", pid=was.pid)
            if now is not None:
                self._notes.note("process", target=str(target), state="started", pid=now.pid)


class _WithoutGlances:
    """A view that is only told what happens: nobody can watch time that passes in an instant."""

    def __init__(self, view: View) -> None:
        self._view = view

    def say(self, text: str) -> None:
        """See View."""
        self._view.say(text)

    def follow(self, look: Callable[[], Glance] | None) -> None:
        """Nothing."""


class VirtualConduct:
    """See the module.

    Args:
        packing: whether a long history is packed while it comes.
    """

    def __init__(self, *, packing: bool = True) -> None:
        self._packing = packing

    def pace(self, environment: Environment) -> Pace:
        """See `harness.run.conduct.Conduct`."""
        return VirtualPace(_simulated(environment).world)

    def notes(self, environment: Environment, folder: Path) -> Notes:
        """See `harness.run.conduct.Conduct`."""
        records = _simulated(environment).records
        records.packer = Packer() if self._packing else None
        return Notes(records.told(HARNESS), records.told(NEMESIS))

    @contextmanager
    def following(self, environment: Environment, notes: Notes) -> Iterator[Following]:
        """See `harness.run.conduct.Conduct`."""
        simulated = _simulated(environment)
        watch = VirtualWatch(simulated, notes)
        simulated.when_processes_change(watch.look)
        watch.look()
        with collected_seldom():
            yield cast(Following, watch)

    def keep(self, environment: Environment, folder: Path) -> None:
        """See `harness.run.conduct.Conduct`."""
        _simulated(environment).records.keep(folder)

    def view(self, view: View) -> View:
        """See `harness.run.conduct.Conduct`."""
        return cast(View, _WithoutGlances(view))


def _simulated(environment: Environment) -> SimulatedEnvironment:
    assert isinstance(environment, SimulatedEnvironment)
    return environment
