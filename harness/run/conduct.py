"""How a run goes on in an edition of the world: how its time passes, who follows it, who looks."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from harness.environments.protocol import Environment
from harness.run.heartbeat import Heartbeat
from harness.run.notes import Notes, notes_in
from harness.run.pace import Pace, RealPace
from harness.run.view import View
from harness.run.watch import Following, Watch


class Conduct(Protocol):
    """What differs between a run in real and one in virtual time."""

    def pace(self, environment: Environment) -> Pace:
        """How its time passes."""

    def notes(self, environment: Environment, folder: Path) -> Notes:
        """Where the run itself writes."""

    def following(
        self, environment: Environment, notes: Notes
    ) -> AbstractContextManager[Following]:
        """Who follows what the witnesses write."""

    def keep(self, environment: Environment, folder: Path) -> None:
        """Write the history into the folder of the run, unless it is in the witnesses' files."""

    def view(self, view: View) -> View:
        """What a person sees of it."""


class RealConduct:
    """A run in real time: followed by threads, which read what is written.

    Args:
        pace: makes its pace from the environment.
    """

    def __init__(
        self, pace: Callable[[Environment], Pace] = lambda environment: RealPace(environment.now_ms)
    ) -> None:
        self._pace = pace

    def pace(self, environment: Environment) -> Pace:
        """The time of the environment."""
        return self._pace(environment)

    def notes(self, environment: Environment, folder: Path) -> Notes:
        """See Conduct."""
        return notes_in(
            folder,
            origin_ns=environment.origin_ns,
            clock_ns=lambda: environment.origin_ns + round(environment.now_ms() * 1e6),
        )

    @contextmanager
    def following(self, environment: Environment, notes: Notes) -> Iterator[Following]:
        """See Conduct."""
        files = [witness.file for witness in environment.witnesses()]
        with (
            Heartbeat(environment.now_ms, notes),
            Watch(environment, [*files, *notes.files], notes) as watch,
        ):
            yield watch

    def keep(self, environment: Environment, folder: Path) -> None:
        """Nothing: each witness has a file of its own."""

    def view(self, view: View) -> View:
        """See Conduct."""
        return view
