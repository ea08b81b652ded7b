"""Follows what goes on while a run goes on: the witnesses' lines, the processes, and whether the witnesses watch."""

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from harness.environments.protocol import Environment, ProcessState
from harness.run.notes import Notes
from harness.run.observer import Observer
from harness.taps.tail import Tail

T = TypeVar("T")


class Following(Protocol):
    """What a run is told of what goes on.

    Attributes:
        trouble: why a run that goes on would prove nothing, a sentence; empty while all is well.
    """

    trouble: str

    def ask(self, question: Callable[[Observer], T]) -> T:
        """What a question about the state of this moment answers."""

    def edge_is_told_to_end(self) -> None:
        """From now on processes and witnesses end because they are told to."""


POLL_S = 0.02
PROCESSES_MS = 100.0


class Watch:
    """A thread that reads everything that is written down, into an observer.

    Args:
        files: of the witnesses.
        notes: where processes are written down.
        poll_s: how often the files are looked at.

    Attributes:
        lock: held while the observer changes; hold it to read more than one value.
        trouble: why a run that goes on would prove nothing, a sentence; empty while all is well.
    """

    def __init__(
        self,
        environment: Environment,
        files: Sequence[Path],
        notes: Notes,
        poll_s: float = POLL_S,
    ) -> None:
        self.observer = Observer()
        self.lock = threading.RLock()
        self.trouble = ""
        self._environment = environment
        self._tails = [Tail(file) for file in files]
        self._notes = notes
        self._poll_s = poll_s
        self._processes: dict[str, ProcessState] = {}
        self._processes_at_ms = float("-inf")
        self._edge_ends = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def __enter__(self) -> "Watch":
        self._look()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._read()

    def ask(self, question: Callable[[Observer], T]) -> T:
        """What a question about the state of this moment answers."""
        with self.lock:
            return question(self.observer)

    def edge_is_told_to_end(self) -> None:
        """From now on processes and witnesses end because they are told to."""
        self._edge_ends.set()

    def _run(self) -> None:
        try:
            while not self._ended.wait(self._poll_s):
                self._look()
        except Exception as error:
            # Without its eyes a run would wait for what it cannot see.
            self.trouble = f"what goes on cannot be followed any more: {error!r}"

    def _look(self) -> None:
        self._read()
        now_ms = self._environment.now_ms()
        if now_ms - self._processes_at_ms >= PROCESSES_MS and not self._edge_ends.is_set():
            self._processes_at_ms = now_ms
            self._compare(self._environment.processes())
            self._look_after_witnesses()

    def _read(self) -> None:
        lines = [line for tail in self._tails for line in tail.lines()]
        lines.sort(key=lambda line: float(line.get("at", 0.0)))
        with self.lock:
            self.observer.take_all(lines)
            # Rates are those of this moment, also when nothing has happened lately.
            self.observer.take({"at": self._environment.now_ms()})

    def _compare(self, found: Mapping[str, ProcessState]) -> None:
        for target in {*self._processes, *found}:
            before, now = self._processes.get(target), found.get(target)
            if before == now:
                continue
            if before is not None:
                self._notes.note("process", target=str(target), state="gone", pid=before.pid)
            if now is not None:
                self._notes.note("process", target=str(target), state="started", pid=now.pid)
        self._processes = dict(found)

    def _look_after_witnesses(self) -> None:
        died = [each.name for each in self._environment.witnesses() if not each.alive()]
        # One that ends because the edge has been told to end meanwhile is no trouble.
        if died and not self._edge_ends.is_set():
            self.trouble = f"the {' and the '.join(died)} died"
