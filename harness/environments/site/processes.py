"""Processes of a site: started in a session of their own, marked, and found again by the mark.

Each process of a site, and everything it starts, carries `STREAM_CHAOS_MARK=<folder of the site>` in its environment.
That is how `down` and `clean` find all of it, also what a killed harness, core or emulator left behind: a list of
process ids would miss grandchildren, and would hit strangers once ids are used again.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from harness.environments.errors import EnvironmentUnavailable
from harness.environments.site.parts import tail
from harness.waiting import WaitedInVain, wait_until

MARK = "STREAM_CHAOS_MARK"
STOP_S = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One process of a site, with its log file; what it starts carries its mark, too."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    mark: str | None = None

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self.process.poll() is None

    @property
    def told_in(self) -> str:
        """Where its output is."""
        return str(self.log)

    def printed(self) -> str:
        """All of its output so far."""
        with suppress(OSError):
            return self.log.read_text(errors="replace")
        return ""

    def died(self) -> EnvironmentUnavailable:
        """The error to raise when it ended although it should not have."""
        return EnvironmentUnavailable(
            f"{self.name} ended with status {self.process.poll()} while the site was being stood up",
            f"The end of {self.log}:\n{tail(self)}",
        )


def environment_for(mark: str, extra: Mapping[str, str]) -> dict[str, str]:
    """The environment of a part: ours, the mark, and what the part needs."""
    return {**os.environ, MARK: mark, "PYTHONUNBUFFERED": "1", **extra}


def start(
    name: str,
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    log: Path,
    directory: Path | None = None,
) -> Part:
    """Start one part, its output appended to `log`.

    Raises:
        EnvironmentUnavailable: the command cannot be run at all.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        try:
            process = subprocess.Popen(
                list(command),
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=directory,
                # A session of its own: a Ctrl-C in the terminal reaches the harness alone,
                # which stops the parts in order.
                start_new_session=True,
            )
        except OSError as error:
            raise EnvironmentUnavailable(f"{name} cannot be started: {error}") from error
    return Part(name=name, process=process, log=log, mark=environment.get(MARK))


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs one of our modules in our own interpreter."""
    return [sys.executable, "-m", module, *arguments]


def stop(part: Part, *, seconds: float = STOP_S) -> bool:
    """Ask a part to stop, and make it when it does not.

    Returns:
        Whether it stopped by itself.
    """
    with suppress(ProcessLookupError):
        part.process.terminate()
    try:
        part.process.wait(seconds)
        return True
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(part.process.pid, signal.SIGKILL)
        part.process.wait()
        return False


def kill_with_children(part: Part) -> None:
    """Kill a part and everything that it has started, at once; where it has ended by itself, what it left behind."""
    _kill(_held_with_children(part))
    # Whatever does not die now, whoever takes the site down finds by its mark.
    with suppress(WaitedInVain):
        wait_until(
            lambda: not _kill(_left_in_session(part)), seconds=STOP_S, what="its children to end"
        )
    part.process.wait()


def _held_with_children(part: Part) -> list[psutil.Process]:
    """Also those in sessions of their own; none where it has ended: then nobody knows whose they were."""
    if not part.alive():
        return []
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(part.process.pid)
        # Held while its children are listed: it may be about to start one more.
        parent.suspend()
        return [*parent.children(recursive=True), parent]
    return []


def _left_in_session(part: Part) -> list[psutil.Process]:
    """What a part has started and runs in its session, whether or not it still does itself."""

    def its(process: psutil.Process) -> bool:
        with suppress(OSError):
            return os.getsid(process.pid) == part.process.pid
        return False

    # The number of a session may be a stranger's by now; a mark is not, but all of the site has it.
    return [each for each in marked(lambda mark: mark == part.mark) if its(each) and _runs(each)]


def _kill(processes: Sequence[psutil.Process]) -> int:
    for process in processes:
        with suppress(psutil.Error):
            process.kill()
    return len(processes)


def _runs(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def marked(belongs: Callable[[str], bool]) -> Iterator[psutil.Process]:
    """The running processes whose mark satisfies `belongs`, except this one."""
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        with suppress(psutil.Error, OSError):
            site = process.environ().get(MARK)
            if site and belongs(site):
                yield process


def kill_marked(belongs: Callable[[str], bool]) -> int:
    """Kill every process whose mark satisfies `belongs`, and what those start meanwhile.

    Returns:
        How many there were.
    """
    killed: set[int] = set()

    def none_left() -> bool:
        left = [each for each in marked(belongs) if _runs(each)]
        for process in left:
            with suppress(psutil.Error):
                process.kill()
                killed.add(process.pid)
        return not left

    wait_until(none_left, seconds=10, what="the processes of a site to end")
    return len(killed)
