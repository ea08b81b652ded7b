"""`stream-chaos-server`: the stream manager as a process."""

import asyncio
import fcntl
import logging
import os
import resource
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from system.real.clock import RealClock
from system.stream_manager import dump
from system.stream_manager.composition import Parts, make_authenticate, make_engine, make_log
from system.stream_manager.errors import StorageFailed
from system.stream_manager.operator import Log
from system.stream_manager.server import Server
from system.stream_manager.settings import PRINT, BadSetting, Settings, read_settings
from system.stream_manager.sinks.elsewhere import Printer
from system.stream_manager.workers import Sender

BAD_SETTINGS, CANNOT_START, FAULT = 2, 4, 70
LOCK = "lock"


@dataclass(eq=False)
class CannotStart(Exception):
    """The settings are sound, but what they ask for cannot be had."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@contextmanager
def locked(store: Path) -> Iterator[None]:
    """Hold the store: two servers on one would write over each other. The kernel gives it back with the process.

    Raises:
        CannotStart: another server holds it, or it cannot be written to.
    """
    try:
        descriptor = os.open(store / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CannotStart(f"the store {store} cannot be used: {error.strerror}") from None
    try:
        _lock(descriptor, store)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, store: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CannotStart(
            f"the store {store} is used by another stream manager: stop it or choose another folder"
        ) from None


def allow_many_connections() -> None:
    """Raise the limit of open files to what the machine allows: functions keep their connections for months."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Ending:
    """What ends the server: a signal, or a fault in the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, log: Log) -> None:
        self.status = 0
        self._event = asyncio.Event()
        self._log = log
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._event.set)
        loop.set_exception_handler(self._on_exception)

    def _on_exception(self, loop: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
        self._log.error(f"{context.get('message')}: {context.get('exception')!r}")
        # A fault in a round of the engine would leave it half done; what one client's bytes caused ends with it.
        if "handle" in context:
            self.status = FAULT
            self._event.set()

    async def wait(self) -> None:
        """Return when it is time to stop."""
        await self._event.wait()


async def serve(settings: Settings, parts: Parts, log: Log) -> int:
    """Run a server until it is told to stop.

    Returns:
        The exit status.

    Raises:
        CannotStart: the port or the store cannot be had.
    """
    clock = RealClock()
    try:
        engine = make_engine(
            parts.disk(settings.store),
            clock,
            log,
            pool_size=settings.pool_size,
            max_backoff_ms=settings.max_backoff_ms,
            max_bandwidth_kbit_per_s=settings.max_bandwidth_kbit_per_s,
            parts=parts,
        )
    except StorageFailed as error:
        raise CannotStart(f"the store {settings.store} cannot be used: {error}") from None
    sender = _sender(settings, parts)
    server = Server(
        engine,
        clock=clock,
        sender=sender,
        threads=settings.pool_size,
        log=log,
        authenticate=make_authenticate(settings),
    )
    ending = Ending(asyncio.get_running_loop(), log)
    port = await _listen(server, settings)
    if isinstance(sender, Printer):
        with suppress(OSError):
            sender.write({"event": "listens", "host": settings.host, "port": port})
    log.info(f"listens on {settings.host}:{port}, streams in {settings.store}")
    log.info("Stream Manager reporting the state: RUNNING")
    await ending.wait()
    if ending.status:
        # The state is in doubt: what is on disk is better kept as a kill would leave it.
        return ending.status
    await server.stop()
    log.info("stopped")
    return 0


def _sender(settings: Settings, parts: Parts) -> Sender:
    try:
        return parts.sinks(settings)
    except ModuleNotFoundError as error:
        raise CannotStart(
            f"exporting needs {error.name}, which is not installed: pip install 'stream-chaos[edge]'"
        ) from None


async def _listen(server: Server, settings: Settings) -> int:
    try:
        return await server.start(settings.host, settings.port)
    except OSError as error:
        where = f"port {settings.port} on {settings.host}"
        raise CannotStart(
            f"{where} cannot be had ({os.strerror(error.errno or 0)}): choose another by --port or "
            "STREAM_MANAGER_SERVER_PORT"
        ) from None


def _say(problem: Exception) -> None:
    print(f"stream-chaos-server: ERROR: {problem}", file=sys.stderr)


def main(arguments: list[str] | None = None, *, parts: Parts | None = None) -> int:
    """Run the stream manager; returns the exit status.

    Args:
        parts: what it is made of; ours by default.
    """
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["dump"]:
        return dump.main(words[1:])
    # Nobody may read the lines any more; that must not stop anything.
    logging.raiseExceptions = False
    try:
        settings = read_settings(arguments, os.environ)
    except BadSetting as problem:
        _say(problem)
        return BAD_SETTINGS
    # What is printed for programs is not mixed with what is told to people.
    told = sys.stderr if settings.destination == PRINT else sys.stdout
    log = make_log(settings, logging.StreamHandler(told))
    for name in settings.ignored:
        log.warning(f"{name} has no effect in this version")
    allow_many_connections()
    try:
        with locked(settings.store):
            return asyncio.run(serve(settings, parts or Parts(), log))
    except CannotStart as problem:
        _say(problem)
        return CANNOT_START


if __name__ == "__main__":
    sys.exit(main())
