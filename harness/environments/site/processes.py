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
from harness.waiting import wait_until

MARK = "STREAM_CHAOS_MARK"
STOP_S = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One process of a site, with its log file."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

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
    return Part(name=name, process=process, log=log)


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
    """Kill a part and everything that it has started, at once; nothing is done where it has ended."""
    if not part.alive():
        return
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(part.process.pid)
        # Held while its children are listed: it may be about to start one more.
        parent.suspend()
        children = parent.children(recursive=True)
        for process in (parent, *children):
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(children, timeout=STOP_S)
    part.process.wait()


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
        left = [each for each in marked(belongs) if each.status() != psutil.STATUS_ZOMBIE]
        for process in left:
            with suppress(psutil.Error):
                process.kill()
                killed.add(process.pid)
        return not left

    wait_until(none_left, seconds=10, what="the processes of a site to end")
    return len(killed)
