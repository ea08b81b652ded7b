"""One child process: its output as lines, its end as an event, and a stop that always ends.

Each child leads a session of its own, so that what it starts can be stopped with it, and is killed by the kernel when
the core dies (`launch.py`). All of this belongs to one event loop in the main thread: a parent-death signal is tied
to the *thread* that started the child.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from system.greengrass.supervision.lines import LineSplitter

LAUNCHER = Path(__file__).with_name("launch.py")
READ_BYTES = 64 * 1024

OnLine = Callable[[str, bytes], None]
"""Takes the name of a channel (`stdout`, `stderr` or an extra one) and a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What to run.

    Attributes:
        command: program and arguments.
        environment: the whole environment, nothing is inherited.
        directory: where it runs.
        channels: extra pipes: name of the variable that tells the process its file descriptor → name of the channel.
    """

    command: tuple[str, ...]
    environment: Mapping[str, str]
    directory: Path
    channels: Mapping[str, str] = field(default_factory=dict)


class _Channel:
    """The reading end of one pipe."""

    def __init__(self, name: str, on_line: OnLine) -> None:
        self._name = name
        self._on_line = on_line
        self._splitter = LineSplitter()
        self._loop = asyncio.get_running_loop()
        self._reading, self.writing = os.pipe()
        os.set_blocking(self._reading, False)
        self._open = True

    def started(self) -> None:
        """The child holds the writing end now."""
        os.close(self.writing)
        self._loop.add_reader(self._reading, self._readable)

    def close(self) -> None:
        """Read what is there and close, also when a grandchild still holds the other end."""
        while self._open and self._readable():
            pass
        self._finish()

    def abandon(self) -> None:
        """The child could not be started."""
        os.close(self.writing)
        self._finish()

    def _readable(self) -> bool:
        try:
            data = os.read(self._reading, READ_BYTES)
        except BlockingIOError:
            return False
        for line in self._splitter.feed(data):
            self._on_line(self._name, line)
        if not data:
            self._finish()
        return bool(data)

    def _finish(self) -> None:
        if self._open:
            self._open = False
            self._loop.remove_reader(self._reading)
            os.close(self._reading)
            for line in self._splitter.end():
                self._on_line(self._name, line)


class Child:
    """A running process.

    Args:
        launch: what to run.
        on_line: takes each line of its output.
        on_exit: is called once, with the return code (negative: the signal that ended it).
    """

    def __init__(self, launch: Launch, *, on_line: OnLine, on_exit: Callable[[int], None]) -> None:
        self._on_exit = on_exit
        self._loop = asyncio.get_running_loop()
        self._exited: asyncio.Future[int] = self._loop.create_future()
        self.started = time.time()
        self._started_monotonic = time.monotonic()
        self._channels = [_Channel(name, on_line) for name in ("stdout", "stderr")]
        extra = {variable: _Channel(name, on_line) for variable, name in launch.channels.items()}
        self._channels.extend(extra.values())
        self._process = self._start(launch, extra)
        self.pid = self._process.pid
        for channel in self._channels:
            channel.started()
        self._handle = os.pidfd_open(self.pid)
        self._loop.add_reader(self._handle, self._ended)

    def _start(self, launch: Launch, extra: Mapping[str, _Channel]) -> subprocess.Popen[bytes]:
        numbers = {variable: str(channel.writing) for variable, channel in extra.items()}
        launcher = [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid())]
        try:
            return subprocess.Popen(
                [*launcher, *launch.command],
                env={**launch.environment, **numbers},
                cwd=launch.directory,
                stdin=subprocess.DEVNULL,
                stdout=self._channels[0].writing,
                stderr=self._channels[1].writing,
                pass_fds=[channel.writing for channel in extra.values()],
                start_new_session=True,
            )
        except OSError:
            for channel in self._channels:
                channel.abandon()
            raise

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return not self._exited.done()

    def uptime_s(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self._started_monotonic

    def kill(self) -> None:
        """End it and all it started, at once."""
        self._signal(signal.SIGKILL)

    async def wait(self) -> int:
        """The return code, when it has ended."""
        return await asyncio.shield(self._exited)

    async def stop(self, grace_s: float) -> int:
        """Ask it to end, and make it when it has not within `grace_s`."""
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(grace_s):
                return await self.wait()
        except TimeoutError:
            self.kill()
            return await self.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self.alive:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def _ended(self) -> None:
        # It is not reaped yet, so the number of its group cannot belong to anybody else: what it left
        # behind in the group is ended here, before the number is given back.
        self._signal(signal.SIGKILL)
        self._loop.remove_reader(self._handle)
        os.close(self._handle)
        code = self._process.wait()
        for channel in self._channels:
            channel.close()
        self._exited.set_result(code)
        self._on_exit(code)


def describe_exit(code: int) -> str:
    """How a process ended, as the end of a sentence."""
    if code >= 0:
        return f"ended with status {code}"
    with suppress(ValueError):
        return f"was ended by {signal.Signals(-code).name}"
    return f"was ended by signal {-code}"
