"""The loop of an exploration: scenarios go out to workers, what came of them is written down, until it is enough."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from harness.explore.attempt import Attempt, attempt, replay
from harness.explore.journal import Journal, Target
from harness.explore.swarm import Swarm

LOOK_S = 0.5
"""How often it is looked whether the time is over."""


class Spectator(Protocol):
    """Whoever is told how it goes."""

    def tried(self, attempt: Attempt, states: int) -> None:
        """A scenario has been tried out.

        Args:
            states: how many have been reached so far by all of them.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When it is enough.

    Attributes:
        until_failure: at the first failure.
        time_is_over: asked again and again.
    """

    until_failure: bool
    time_is_over: Callable[[], bool]


class Exploration:
    """See the module.

    Args:
        journal: has begun, or is gone on with.
        known: what it has of earlier, by number.
        staff: the workers, and how many scenarios they can have at once.

    Attributes:
        attempts: all of them, by number.
        replayed: those of the corpus.
    """

    def __init__(
        self,
        target: Target,
        journal: Journal,
        *,
        known: dict[int, Attempt],
        staff: tuple[Executor, int],
        limits: Limits,
        spectator: Spectator,
    ) -> None:
        self.attempts = known
        self.replayed: list[Attempt] = []
        self._target = target
        self._journal = journal
        self._workers, self._hands = staff
        self._limits = limits
        self._spectator = spectator
        self._swarm = Swarm(target.first_seed)
        self._states: set[str] = set()
        self._next = 0
        self._failed = any(each.failed for each in known.values())
        self._under_way: dict[Future[Attempt], int] = {}
        for number, each in sorted(known.items()):
            self._swarm.take(number, each)
            self._states.update(each.states)

    def replay(self, corpus: Sequence[Path]) -> None:
        """Try out what has failed before, first of all."""
        manager = self._target.stream_manager
        under_way = [
            self._workers.submit(replay, file.name, file.read_bytes(), manager) for file in corpus
        ]
        for future in under_way:
            self._tell(found := future.result())
            self.replayed.append(found)

    def explore(self) -> None:
        """Try out scenario after scenario, until it is enough; what is under way then is waited for.

        Raises:
            EnvironmentUnavailable: the stream manager cannot be had.
        """
        while self._submit() or self._under_way:
            done, _ = wait(self._under_way, timeout=LOOK_S, return_when=FIRST_COMPLETED)
            for future in done:
                self._take(self._under_way.pop(future), future.result())

    def _submit(self) -> bool:
        """Give the workers something to do; whether there is anything left that could be done."""
        while not self._enough() and len(self._under_way) < 2 * self._hands:
            if not self._swarm.ready(self._next):
                return True
            number, self._next = self._next, self._next + 1
            if number not in self.attempts:
                target, name = self._target, self._swarm.lineage(number)
                future = self._workers.submit(attempt, name, target.run_ms, target.stream_manager)
                self._under_way[future] = number
        return not self._enough()

    def _enough(self) -> bool:
        count = self._target.count
        return (
            (count is not None and self._next >= count)
            or (self._limits.until_failure and self._failed)
            or self._limits.time_is_over()
        )

    def _take(self, number: int, found: Attempt) -> None:
        self._journal.note(number, found)
        self.attempts[number] = found
        self._swarm.take(number, found)
        self._tell(found)

    def _tell(self, found: Attempt) -> None:
        self._states.update(found.states)
        self._failed = self._failed or found.failed
        self._spectator.tried(found, len(self._states))
