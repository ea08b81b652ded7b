"""One run of a night: a process of its own, so that one that hangs or crashes is a row and not the end of the night."""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from harness.interruption import undisturbed
from harness.nightly.library import Entry
from harness.tools import launch

GRACE_S = 60.0
"""What a run gets to take its site down when it is interrupted."""
SAY_EVERY_S = 30.0
CLEAN_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a run's process ended.

    Attributes:
        status: its exit status; negative for a signal.
        seconds: that it took.
        hung: whether it was ended because it took longer than its limit.
        interrupted: whether the night was interrupted meanwhile.
        said: the last lines that it wrote.
    """

    status: int
    seconds: float
    hung: bool = False
    interrupted: bool = False
    said: str = ""


class Runner(Protocol):
    """Runs an entry to its end, whatever that is."""

    def __call__(self, entry: Entry, reports: Path, log: Path, say: Callable[[str], None]) -> Ended:
        """Run it; its folder goes below `reports`, what it writes into `log`."""


def command_of(entry: Entry, reports: Path) -> list[str]:
    """The command of an entry's run, as a user would write it."""
    options = ["--environment", entry.where.environment, "--seed", str(entry.seed)]
    if entry.stream_manager is not None:
        options += ["--stream-manager", entry.stream_manager]
    return ["run", str(entry.file), *options, "--reports", str(reports)]


def repeat(entry: Entry) -> str:
    """One command that repeats an entry's run."""
    return shlex.join(["stream-chaos", *command_of(entry, Path("reports"))])


def run_in_process(
    entry: Entry,
    reports: Path,
    log: Path,
    say: Callable[[str], None],
    *,
    program: Sequence[str] = (sys.executable, "-m", "harness.cli"),
    clean: Callable[[], None] | None = None,
) -> Ended:
    """Run an entry as a user would, and end it when it takes too long or the night is interrupted.

    Args:
        program: that the arguments are given to.
        clean: removes what a killed run left; by default `stream-chaos clean`.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    # It dies with the night: nobody would ever end it.
    launcher = [sys.executable, "-I", "-S", launch.__file__, str(os.getpid())]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*launcher, *program, *command_of(entry, reports)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "200"},
            # A Ctrl-C in the terminal reaches the night alone, which ends the run in order.
            start_new_session=True,
        )
        waiting = _Waiting(process, entry, log, say)
        ended = waiting.wait()
    if waiting.killed:
        (clean or _clean)()
    return ended


class _Waiting:
    """Waits for a process, and ends it when that takes too long."""

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        entry: Entry,
        log: Path,
        say: Callable[[str], None],
    ) -> None:
        self.killed = False
        self._process = process
        self._entry = entry
        self._log = log
        self._say = say
        self._began_s = time.monotonic()

    def wait(self) -> Ended:
        try:
            hung = not self._ends_in_time()
            if hung:
                self._end()
            return self._ended(hung=hung)
        except KeyboardInterrupt:
            with undisturbed():
                self._end()
            return self._ended(interrupted=True)

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self._began_s

    def _ends_in_time(self) -> bool:
        while (left_s := self._entry.limit_s - self._seconds) > 0:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(min(left_s, SAY_EVERY_S))
                return True
            self._say(f"{self._seconds:.0f} s: {last_line(self._log)}")
        return self._process.poll() is not None

    def _end(self) -> None:
        """In order, so that it takes its site down; by force when it does not."""
        with suppress(ProcessLookupError):
            # Of a night in the background, which a shell has ignore Ctrl-C, the runs do so too.
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            self.killed = True
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _ended(self, *, hung: bool = False, interrupted: bool = False) -> Ended:
        return Ended(
            status=self._process.returncode,
            seconds=self._seconds,
            hung=hung,
            interrupted=interrupted,
            said=tail(self._log),
        )


def tail(log: Path, lines: int = 4) -> str:
    """The last lines of a log that say something."""
    with suppress(OSError):
        written = log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join([line.strip() for line in written if line.strip()][-lines:])
    return ""


def last_line(log: Path) -> str:
    """The last line of a log that says something."""
    return tail(log, 1)


def _clean() -> None:
    with suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(
            [sys.executable, "-m", "harness.cli", "clean"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=CLEAN_S,
            check=False,
        )
