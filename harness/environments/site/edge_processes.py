"""The processes of a site's edge, wherever the core runs: looked at, killed, restarted, paused by their ids here."""

import signal
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psutil

from harness.environments.errors import InjectionFailed
from harness.environments.protocol import ProcessState
from harness.environments.site.edge import STOP_S
from harness.environments.site.suspending import suspended
from harness.fault.target import Target
from harness.waiting import WaitedInVain, wait_until

KILLED_S = 5.0
POLL_S = 0.002


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A way to end a process.

    Attributes:
        what: is done to it, to follow "cannot be".
        signal: that it is sent.
        seconds: that it may take to end.
    """

    what: str
    signal: signal.Signals
    seconds: float


KILL = Ending(what="killed", signal=signal.SIGKILL, seconds=KILLED_S)
RESTART = Ending(what="restarted", signal=signal.SIGTERM, seconds=STOP_S)


class EdgeProcesses(ABC):
    """The core and what it runs, as faults see them."""

    @abstractmethod
    def processes(self) -> Mapping[str, ProcessState]:
        """What runs now."""

    @abstractmethod
    def end_core(self, pid: int, ending: Ending) -> None:
        """End the core itself, which runs under this id.

        Raises:
            WaitedInVain: it does not end in time.
            psutil.NoSuchProcess: it has just ended.
            InjectionFailed: whoever has to do it refuses.
        """

    @abstractmethod
    def start_core(self) -> None:
        """Start the core again: nobody else does.

        Raises:
            InjectionFailed: whoever has to do it refuses.
        """

    def kill(self, target: str) -> None:
        """Kill a process without warning. The core starts again what it runs; itself is started again by us.

        Raises:
            InjectionFailed: it does not run now, or does not die.
        """
        self._end(target, KILL)

    def restart(self, target: str) -> None:
        """End a process in order; it is started again like one that was killed.

        Raises:
            InjectionFailed: it does not run now, or does not end in time.
        """
        self._end(target, RESTART)

    @contextmanager
    def pause(self, target: str) -> Iterator[None]:
        """A process stands still, with what it has started; the core alone. Leaving the block lets it go on.

        Raises:
            InjectionFailed: it does not run now.
        """
        pid = self._running(target, "paused").pid
        with suspended(target, pid, with_children=target != Target.CORE):
            yield

    def _running(self, target: str, what: str) -> ProcessState:
        state = self.processes().get(target)
        if state is None:
            raise InjectionFailed(f"{target} cannot be {what}: it does not run now")
        return state

    def _end(self, target: str, ending: Ending) -> None:
        pid = self._running(target, ending.what).pid
        with _told(target, ending):
            if target == Target.CORE:
                self.end_core(pid, ending)
            else:
                _end_process(psutil.Process(pid), ending)
        if target == Target.CORE:
            self.start_core()


@contextmanager
def _told(target: str, ending: Ending) -> Iterator[None]:
    """Why a process could not be ended, in a sentence."""
    try:
        yield
        return
    except psutil.NoSuchProcess:
        why = "it has just ended"
    except psutil.AccessDenied:
        why = "it runs as another user; does the engine map users?"
    except WaitedInVain:
        why = f"it did not end within {ending.seconds:g} s"
    raise InjectionFailed(f"{target} cannot be {ending.what}: {why}")


def _end_process(process: psutil.Process, ending: Ending) -> None:
    process.send_signal(ending.signal)
    wait_until(
        lambda: _gone(process), seconds=ending.seconds, what="a process to end", poll_s=POLL_S
    )


def _gone(process: psutil.Process) -> bool:
    # Its parent reaps it, in its own time.
    with suppress(psutil.NoSuchProcess):
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    return True


def state_of(process: psutil.Process) -> ProcessState | None:
    """A process as the history tells of it; None where it does not run."""
    with suppress(psutil.Error):
        if process.status() != psutil.STATUS_ZOMBIE:
            return ProcessState(pid=process.pid, started=process.create_time())
    return None
