"""Toxiproxy's server: the one on PATH, else built from source, with a Go from PATH or from the Python index."""

import re
from pathlib import Path

from harness.tools import go
from harness.tools.cache import Progress, fingerprint, installed
from harness.tools.commands import NETWORK_HINT, on_path
from harness.tools.node import version_of

SERVER = "toxiproxy-server"
VERSION = "2.12.0"
MODULE = f"github.com/Shopify/toxiproxy/v2/cmd/server@v{VERSION}"


def toxiproxy_folder() -> str:
    """Name in the cache of the server that we build."""
    return f"toxiproxy-{VERSION}-{fingerprint(MODULE)}"


def ensure_toxiproxy(progress: Progress) -> Path:
    """The server's program: of this machine, else of the cache, built on first use.

    Raises:
        ToolUnavailable: it is not there and could not be built.
    """
    return on_path(SERVER) or build_toxiproxy(progress)


def build_toxiproxy(progress: Progress) -> Path:
    """The server's program of this version, whatever is on PATH; it needs no library.

    Raises:
        ToolUnavailable: it could not be built.
    """
    place = installed(
        toxiproxy_folder(),
        lambda part: _build(part, go.ensure_go(progress)),
        progress=progress,
        announcement=f"toxiproxy: building {VERSION} (first run only, about half a minute)",
    )
    return place / SERVER


def version_of_server(program: Path) -> str:
    """The version of a server: what we built calls itself `git`, what was on PATH tells its own."""
    if program.parent.name == toxiproxy_folder():
        return VERSION
    told = re.search(r"\d+(\.\d+)+", version_of(program, "--version"))
    return told[0] if told else "unknown"


def _build(part: Path, program: Path) -> None:
    go.build(
        part,
        program,
        ["install", MODULE],
        what=f"Toxiproxy {VERSION} cannot be built",
        mend=f"{NETWORK_HINT}; or put a {SERVER} on PATH",
    )
    (part / "server").rename(part / SERVER)
