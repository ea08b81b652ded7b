"""Starts the stream manager for a group that lists it: a command of its own, met on the wire only."""

import os
import shlex
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from system.greengrass.logs.journal import Journal
from system.greengrass.logs.level import Level
from system.greengrass.supervision.process import Launch
from system.greengrass.supervision.supervisor import Supervisor
from system.greengrass.v1.layout import Layout

NAME = "stream manager"
SERVER_PORT = 8088
STORE = "STREAM_MANAGER_STORE_ROOT_DIR"
PORT = "STREAM_MANAGER_SERVER_PORT"
AUTHENTICATE = "STREAM_MANAGER_AUTHENTICATE_CLIENT"
TOKENS = "STREAM_MANAGER_CLIENT_TOKENS"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamManagerOptions:
    """How the stream manager is run and found.

    Attributes:
        command: replaces ours.
        port: where it listens, whatever the group says.
        client_port: where functions are told to find it; where it listens, by default.
    """

    command: str | None = None
    port: int | None = None
    client_port: int | None = None

    def server_port(self, variables: Mapping[str, str]) -> int:
        """Where it listens."""
        return self.port or int(variables.get(PORT, "") or SERVER_PORT)

    def functions_port(self, variables: Mapping[str, str]) -> int:
        """Where functions find it."""
        return self.client_port or self.server_port(variables)


def stream_manager_launch(
    options: StreamManagerOptions,
    variables: Mapping[str, str],
    layout: Layout,
    region: str,
    *,
    tokens: Sequence[str],
) -> Launch:
    """How to start it.

    Args:
        variables: of the group's GGStreamManager.
        tokens: of the group's functions; told only where clients have to show one.
    """
    command = (
        shlex.split(options.command)
        if options.command
        else [sys.executable, "-m", "system.stream_manager"]
    )
    store = variables.get(STORE) or str(layout.stream_store)
    environment = {
        **os.environ,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "PYTHONUNBUFFERED": "1",
        # On only where a group says so: whoever looks at a site from outside has no token.
        AUTHENTICATE: "false",
        **variables,
        STORE: store,
        PORT: str(options.server_port(variables)),
    }
    if environment[AUTHENTICATE].lower() == "true":
        environment[TOKENS] = ",".join(sorted(tokens))
    layout.stream_store.mkdir(parents=True, exist_ok=True)
    # A command with a relative path means the directory that the core was started in.
    return Launch(command=tuple(command), environment=environment, directory=Path.cwd())


def stream_manager_supervisor(
    launch: Launch, journal: Journal, on_change: Callable[[], None]
) -> Supervisor:
    """What keeps it running; its output goes to its log."""
    return Supervisor(NAME, launch, on_line=partial(_line, journal), on_change=on_change)


def _line(journal: Journal, _channel: str, line: bytes) -> None:
    journal.pass_on(line, origin="GGStreamManager", otherwise=Level.INFO)


def listens(port: int) -> bool:
    """Whether somebody listens on a port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0
