"""Keeps one process running: started again when it ends, ever later the sooner it ends."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from system.greengrass.supervision.backoff import Backoff, BackoffRule
from system.greengrass.supervision.process import Child, Launch, OnLine, describe_exit

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A supervised process as others may see it.

    Attributes:
        pid: its process id.
        started: epoch seconds.
        restarts: how often it was started again.
    """

    pid: int
    started: float
    restarts: int


class Supervisor:
    """Runs one process until it is told to stop.

    Args:
        name: what it is called in the core's log.
        launch: what to run.
        on_line: takes its output.
        on_change: is called when it started or ended.
        rule: how long to wait before it is started again.

    Attributes:
        ended: how it ended last, as the end of a sentence; empty if it never did.
        ends: how often it has ended, or could not be started.
    """

    def __init__(
        self,
        name: str,
        launch: Launch,
        *,
        on_line: OnLine,
        on_change: Callable[[], None],
        rule: BackoffRule | None = None,
    ) -> None:
        self.name = name
        self.launch = launch
        self._on_line = on_line
        self._on_change = on_change
        self._backoff = Backoff(rule or BackoffRule())
        self._child: Child | None = None
        self._starts = 0
        self.ended = ""
        self.ends = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start it, and again whenever it ends."""
        self._task = asyncio.create_task(self._keep(), name=f"supervisor of {self.name}")

    def running(self) -> Running | None:
        """The process of this moment."""
        child = self._child
        if child is None or not child.alive:
            return None
        return Running(pid=child.pid, started=child.started, restarts=self._starts - 1)

    async def stop(self, grace_s: float) -> None:
        """Stop it for good."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self._child is not None:
            await self._child.stop(grace_s)

    async def _keep(self) -> None:
        while True:
            wait_s = self._backoff.failed_after(await self._run_once())
            log.warning("%s is started again in %.1f s", self.name, wait_s)
            await asyncio.sleep(wait_s)

    async def _run_once(self) -> float:
        """Run it to its end. Returns: for how many seconds it ran."""
        try:
            child = Child(
                self.launch, on_line=self._on_line, on_exit=lambda _code: self._on_change()
            )
        except OSError as error:
            self._note_end(f"cannot be started: {error}")
            return 0.0
        self._child = child
        self._starts += 1
        log.info("%s runs as process %d", self.name, child.pid)
        self._on_change()
        code = await child.wait()
        self._note_end(describe_exit(code))
        return child.uptime_s()

    def _note_end(self, how: str) -> None:
        self.ended = how
        self.ends += 1
        log.warning("%s %s", self.name, how)
