"""What a benchmark works with: a folder, processes that end with it, and the client that loads them."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from stream_manager import MessageStreamDefinition, StrategyOnFull, StreamManagerClient

from harness.environments.errors import EnvironmentUnavailable
from harness.environments.site.ports import LOOPBACK, Ports, listening
from harness.environments.site.processes import Part, environment_for, start, stop
from harness.environments.site.register import Register, fresh_name, owned
from harness.interruption import undisturbed
from harness.tools.cache import Progress
from harness.waiting import wait_until

READY_S = 300.0
"""A store of ten million messages is read before the server listens."""
CLIENT_S = 120.0
PAYLOAD_BYTES = 256
"""Of a message, where nothing else is said."""
_LISTENS = re.compile(r"listens on [^ ]*:(\d+)")
OURS = ("-m", "system.stream_manager")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server.

    Attributes:
        port: of the loopback.
    """

    part: Part
    port: int

    def cpu_s(self) -> float:
        """Seconds of processor time that it has used."""
        used = psutil.Process(self.part.process.pid).cpu_times()
        return float(used.user + used.system)

    def resident_mb(self) -> float:
        """Its memory in use, in MiB."""
        return float(psutil.Process(self.part.process.pid).memory_info().rss) / (1 << 20)


@dataclass(slots=True, kw_only=True)
class Workbench:
    """See the module.

    Attributes:
        folder: on the disk that is measured.
        mark: what all its processes carry, so that `stream-chaos clean` finds those of a run that was killed.
        client: the program of `bench/client`.
        rounds: of each benchmark.
        seconds: of one measurement.
        quick: whether all is as small as it can be, to see that it works.
        progress: takes a line about what is installed.
    """

    folder: Path
    mark: str
    client: Path
    rounds: int
    seconds: float
    quick: bool
    progress: Progress
    _ends: ExitStack = field(default_factory=ExitStack)
    _made: int = 0

    def some_folder(self, name: str) -> Path:
        """A new folder."""
        self._made += 1
        path = self.folder / f"{self._made}-{name}"
        path.mkdir()
        return path

    def server(
        self,
        command: Sequence[str] = OURS,
        *,
        store: Path | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> Server:
        """Start a server in Python that says on which port it listens; ours by default, on a new store.

        Args:
            command: what follows `python`; `--store` and `--port` are added.
            store: its store.
            variables: added to its environment.

        Raises:
            EnvironmentUnavailable: it ended at once.
        """
        place = store or self.some_folder("store")
        arguments = [sys.executable, *command, "--store", str(place), "--port", "0"]
        part = self.process("the server", arguments, environment=variables)
        wait_until(
            lambda: _LISTENS.search(part.printed()) or not part.alive(),
            seconds=READY_S,
            what="the server",
            poll_s=0.002,
        )
        found = _LISTENS.search(part.printed())
        if found is None:
            raise part.died()
        return Server(part=part, port=int(found[1]))

    def process(
        self, name: str, command: Sequence[str], *, environment: Mapping[str, str] | None = None
    ) -> Part:
        """Start a process that ends with the workbench, in a folder of its own."""
        folder = self.some_folder("process")
        part = start(
            name,
            command,
            environment=self._environment(environment or {}),
            log=folder / "output",
            directory=None,
        )
        self._ends.callback(stop, part)
        return part

    def peer(self, name: str, command: Sequence[str]) -> int:
        """Start a server of somebody else; `PORT` and `FOLDER` in its command are replaced.

        Returns:
            Its port.

        Raises:
            EnvironmentUnavailable: it does not come up.
        """
        with Ports() as ports:
            port = ports.free()
        folder = str(self.some_folder(name))
        words = [word.replace("PORT", str(port)).replace("FOLDER", folder) for word in command]
        part = self.process(name, words)
        wait_until(lambda: listening(port) or not part.alive(), seconds=READY_S, what=name)
        if not part.alive():
            raise part.died()
        return port

    def load(self, port: int, kind: str = "append", **options: int) -> float:
        """Load a server with the client.

        Returns:
            Answered requests per second.
        """
        return rate(self.client_told(port, kind, **options))

    def client_told(self, port: int, kind: str = "append", **options: int) -> dict[str, Any]:
        """Load a server with the client; what the client tells.

        Args:
            options: flags of the client.
        """
        flags = [word for name, value in options.items() for word in (f"-{name}", str(value))]
        command = [str(self.client), "-address", f"{LOOPBACK}:{port}", "-kind", kind]
        return self.output_of([*command, "-seconds", str(self.seconds), *flags])

    def program(self, module: str, *arguments: str) -> dict[str, Any]:
        """Run one of our programs in Python to its end; what it prints is JSON."""
        return self.output_of([sys.executable, "-m", module, *arguments])

    def output_of(self, command: Sequence[str], *, directory: Path | None = None) -> dict[str, Any]:
        """Run a program to its end; what it prints is JSON.

        Raises:
            EnvironmentUnavailable: it failed, or took too long.
        """
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                timeout=CLIENT_S,
                check=True,
                env=self._environment({}),
                cwd=directory,
            )
        except subprocess.CalledProcessError as error:
            raise EnvironmentUnavailable(
                f"{command[0]} failed: {error.stderr.strip()[-500:]}"
            ) from None
        except subprocess.TimeoutExpired:
            raise EnvironmentUnavailable(
                f"{command[0]} did not end within {CLIENT_S:g} s"
            ) from None
        told = json.loads(done.stdout)
        assert isinstance(told, dict)
        return told

    def _environment(self, extra: Mapping[str, str]) -> dict[str, str]:
        """Our environment without what would configure a server, and with what finds this package."""
        root = str(Path(__file__).parents[1])
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
        kept = {
            name: value
            for name, value in environment_for(self.mark, {}).items()
            if not name.startswith(("AWS_", "STREAM_MANAGER_"))
        }
        return {**kept, "AWS_REGION": "us-east-1", "PYTHONPATH": path, **extra}

    def at_end(self, end: Callable[[], object]) -> None:
        """Have something ended with the workbench."""
        self._ends.callback(end)

    @staticmethod
    def end(part: Part) -> None:
        """End a process before its time."""
        stop(part)

    def close(self) -> None:
        """End all processes."""
        self._ends.close()


@contextmanager
def workbench(*, below: Path, **fields: Any) -> Iterator[Workbench]:
    """A workbench whose processes end and whose files go with the block."""
    sites, name = Register(), f"bench-{fresh_name()}"
    with tempfile.TemporaryDirectory(dir=below, prefix="bench-") as folder:
        made = Workbench(folder=Path(folder), mark=sites.mark(name), **fields)
        try:
            sites.enter(owned(name))
            yield made
        finally:
            with undisturbed():
                made.close()
                sites.remove(name)


@contextmanager
def stock_client(port: int) -> Iterator[StreamManagerClient]:
    """The vendor's client, connected."""
    client = StreamManagerClient(port=port)
    try:
        yield client
    finally:
        client.close()


def create_streams(port: int, names: Sequence[str], **fields: Any) -> None:
    """Create streams that overwrite their oldest messages when they are full."""
    with stock_client(port) as client:
        for name in names:
            client.create_message_stream(
                MessageStreamDefinition(
                    name=name, strategy_on_full=StrategyOnFull.OverwriteOldestData, **fields
                )
            )


def create_stream(port: int, **fields: Any) -> None:
    """Create the stream S."""
    create_streams(port, ["S"], **fields)


def end_of_stream(port: int, name: str = "S") -> int:
    """The sequence number that the next message gets."""
    with stock_client(port) as client:
        info = client.describe_message_stream(name)
    return int(info.storage_status.newest_sequence_number) + 1


def rate(told: Mapping[str, Any]) -> float:
    """Requests per second, of what a client told."""
    return float(told["answered"]) / float(told["seconds"])
