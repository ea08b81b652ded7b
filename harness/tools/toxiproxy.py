"""Toxiproxy's server: the one on PATH, else built from source, with a Go from PATH or from the Python index."""

import re
from pathlib import Path

from harness.tools.cache import Progress, fingerprint, installed, remove
from harness.tools.commands import NETWORK_HINT, on_path, run, tool_environment
from harness.tools.node import version_of
from harness.tools.python_packages import python_fingerprint, unpack

SERVER = "toxiproxy-server"
VERSION = "2.12.0"
MODULE = f"github.com/Shopify/toxiproxy/v2/cmd/server@v{VERSION}"
GO_MIN = (1, 23)
"""What the `go.mod` of that version asks for."""

GO_VERSION = "1.27.3"
GO_LOCK = "go.txt"


def go_on_path() -> Path | None:
    """The Go of this machine, if it is new enough."""
    program = on_path("go")
    if program is None:
        return None
    version = re.search(r"go(\d+)\.(\d+)", version_of(program, "version"))
    if version is None or (int(version[1]), int(version[2])) < GO_MIN:
        return None
    return program


def toxiproxy_folder() -> str:
    """Name in the cache of the server that we build."""
    return f"toxiproxy-{VERSION}-{fingerprint(MODULE)}"


def go_folder() -> str:
    """Name in the cache of the Go that we install."""
    return f"go-{GO_VERSION}-{python_fingerprint(GO_LOCK)}"


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
        lambda part: _build(part, ensure_go(progress)),
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


def ensure_go(progress: Progress) -> Path:
    """Go of this machine, else of the cache, installed on first use.

    Raises:
        ToolUnavailable: it could not be installed.
    """
    if (found := go_on_path()) is not None:
        return found
    place = installed(
        go_folder(),
        lambda part: unpack(part, GO_LOCK, "Go, which builds Toxiproxy, cannot be installed"),
        progress=progress,
        announcement=f"go: installing {GO_VERSION} (first run only)",
    )
    return place / "go" / "bin" / "go"


def _build(part: Path, go: Path) -> None:
    scratch = part / "scratch"
    environment = tool_environment(
        {
            "GOBIN": str(part),
            "GOPATH": str(scratch / "path"),
            "GOCACHE": str(scratch / "cache"),
            "GOTMPDIR": "",
            # Nothing but what is there: a newer Go would be fetched otherwise.
            "GOTOOLCHAIN": "local",
            # Go makes its module cache read-only, which could not be removed.
            "GOFLAGS": "-modcacherw -trimpath",
            "GO111MODULE": "on",
            "CGO_ENABLED": "0",
        }
    )
    run(
        [go, "install", MODULE],
        what=f"Toxiproxy {VERSION} cannot be built",
        environment=environment,
        mend=f"{NETWORK_HINT}; or put a {SERVER} on PATH",
    )
    (part / "server").rename(part / SERVER)
    remove(scratch)
