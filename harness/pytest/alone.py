"""A stream manager alone: a process of its own, a store of its own, and no cloud."""

import os
import socket
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

from harness.environments.site.parts import tail
from harness.environments.site.ports import LOOPBACK, Ports
from harness.environments.site.processes import Part, environment_for, python, start, stop
from harness.tools import launch
from harness.waiting import WaitedInVain, wait_until

LISTENS_S = 20.0
_DIES_WITH_US = (sys.executable, "-I", "-S", launch.__file__)
NOWHERE = "http://127.0.0.1:9"
"""Nobody listens on the port for discarding: exports fail at once, and what is owed waits."""


class StreamManager:
    """A stream manager that runs while the block is entered.

    Args:
        folder: for its store and its log.
        variables: of its environment, such as STREAM_MANAGER_EXPORTER_MAX_BACKOFF_MS.

    Attributes:
        host, port: where it listens; the port stays the same when it is started again.
        store: folder of its streams.
    """

    host = LOOPBACK

    def __init__(self, folder: Path, variables: Mapping[str, str] | None = None) -> None:
        self.store = folder / "store"
        self.log = folder / "stream-manager.log"
        with Ports() as ports:
            self.port = ports.free()
        self._folder = folder
        self._variables = dict(variables or {})
        self._part: Part | None = None

    def __enter__(self) -> "StreamManager":
        self.store.mkdir(parents=True, exist_ok=True)
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def address(self) -> str:
        """`host:port`."""
        return f"{self.host}:{self.port}"

    @property
    def pid(self) -> int:
        """Of its process, for whoever wants to disturb it."""
        return self._running.process.pid

    def client(self, **options: Any) -> Any:
        """AWS's own client of it (`stream-manager` from PyPI), to be closed by whoever asked for it."""
        try:
            from stream_manager import StreamManagerClient
        except ImportError:
            raise pytest.UsageError(
                "AWS's stream manager client is not installed: pip install 'stream-manager==1.1.2'"
            ) from None
        return StreamManagerClient(host=self.host, port=self.port, **options)

    def connect(self, **options: Any) -> "closing[Any]":
        """The same as a block, which closes it."""
        return closing(self.client(**options))

    def start(self) -> None:
        """Start it, on the store as it is.

        Raises:
            pytest.fail.Exception: it does not listen.
        """
        self._part = part = start(
            "The stream manager",
            [*_DIES_WITH_US, str(os.getpid()), *python("system.stream_manager")],
            environment=environment_for(str(self._folder), self._environment()),
            log=self.log,
        )
        try:
            wait_until(
                lambda: self._listens() or not part.alive(), seconds=LISTENS_S, what="it to listen"
            )
        except WaitedInVain as vain:
            self.stop()
            pytest.fail(f"The stream manager does not start: {vain}\n{tail(part)}", pytrace=False)
        if not part.alive():
            pytest.fail(f"The stream manager does not start:\n{tail(part)}", pytrace=False)

    def kill(self) -> None:
        """End it without a warning, as a power cut does; `start` brings it back."""
        self._running.process.kill()
        self._running.process.wait()

    def stop(self) -> None:
        """Ask it to end, and make it when it does not."""
        if self._part is not None:
            stop(self._part)

    @property
    def _running(self) -> Part:
        assert self._part is not None, "it was started"
        return self._part

    def _listens(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex((self.host, self.port)) == 0

    def _environment(self) -> dict[str, str]:
        nobody = {
            "AWS_ENDPOINT_URL": NOWHERE,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        own = {
            "STREAM_MANAGER_STORE_ROOT_DIR": str(self.store),
            "STREAM_MANAGER_SERVER_PORT": str(self.port),
            "STREAM_MANAGER_AUTHENTICATE_CLIENT": "false",
        }
        return {**nobody, **own, **self._variables}
