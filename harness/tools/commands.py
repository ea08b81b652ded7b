"""Runs the installers of others, and says in one sentence why one of them failed."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.tools import launch
from harness.tools.cache import cache_directory
from harness.tools.errors import ToolUnavailable
from harness.tools.installing import go_on, running

INSTALL_S = 900.0
"""Longer than the slowest installation over a slow line; a hang would otherwise be for ever."""

REASON_LETTERS_MAX = 300

NETWORK_HINT = (
    "Look whether this machine may reach the package registry (behind a proxy set HTTPS_PROXY, SSL_CERT_FILE and"
    " NODE_EXTRA_CA_CERTS), then start again; what is installed already is kept"
)

# These settings are about somebody else's environment: tox constrains ours with UV_CONSTRAINT, and a
# Python path would be searched by every Python that we start.
NOT_FOR_TOOLS = re.compile(
    r"PYTHON(PATH|HOME|STARTUP)|VIRTUAL_ENV|CONDA_PREFIX|GOFLAGS|GOBIN|GOROOT"
    r"|UV_(CONSTRAINT|BUILD_CONSTRAINT|OVERRIDE|PYTHON|PROJECT_ENVIRONMENT|RESOLUTION|PRERELEASE"
    r"|EXCLUDE_NEWER|SYSTEM_PYTHON|NO_BUILD|NO_BINARY|REQUIRE_HASHES|WORKING_DIRECTORY)"
)


def tool_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Our environment without what would mislead an installer; certificates and proxies stay.

    Installers keep things in the user's home. Where there is none that can be written, they get one in our cache.
    """
    kept = {name: value for name, value in os.environ.items() if not NOT_FOR_TOOLS.fullmatch(name)}
    home = {} if _home_can_be_written() else {"HOME": str(cache_directory() / "home")}
    return {**kept, **home, **(extra or {})}


def _home_can_be_written() -> bool:
    home = os.environ.get("HOME", "")
    return bool(home) and os.access(home, os.W_OK | os.X_OK)


def on_path(name: str) -> Path | None:
    """Where a program is on PATH."""
    found = shutil.which(name)
    return Path(found) if found else None


def run(
    command: Sequence[str | Path],
    *,
    what: str,
    environment: Mapping[str, str],
    mend: str = NETWORK_HINT,
    directory: Path | None = None,
) -> str:
    """Run a command to its end.

    Args:
        command: the program and its arguments.
        what: sentence that says what cannot be had when it fails.
        environment: all variables it sees.
        mend: what to do about it, as a sentence.
        directory: where it runs.

    Returns:
        What it printed.

    Raises:
        ToolUnavailable: it could not be run, failed or took too long.
        Interrupted: nobody waits for it any more.
    """
    go_on()
    launcher = [sys.executable, "-I", "-S", launch.__file__, str(os.getpid())]
    try:
        process = subprocess.Popen(
            [*launcher, *map(str, command)],
            env=dict(environment),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        with running(process):
            output, _ = process.communicate(timeout=INSTALL_S)
    except subprocess.TimeoutExpired as error:
        raise ToolUnavailable(f"{what}: it took longer than {INSTALL_S:g} s", mend) from error
    except OSError as error:
        raise ToolUnavailable(f"{what}: {error}", mend) from error
    if process.returncode:
        raise ToolUnavailable(f"{what}: {reason(output)}", mend)
    return output


def reason(output: str) -> str:
    """The part of an installer's output that says why, in one line."""
    lines = [re.sub(r"^\W+", "", " ".join(line.split())) for line in output.splitlines()]
    # npm marks every line of what it says, and begins with codes.
    lines = [re.sub(r"^npm (error|ERR!)\s*", "", line) for line in lines]
    lines = [line for line in lines if line and not re.match(r"(code|errno|syscall)\b", line)]
    telling = [line for line in lines if re.search(r"\b(error|failed|cannot|denied)\b", line, re.I)]
    chosen = "; ".join((telling or lines or ["it failed without a word"])[:3]).rstrip(".")
    return chosen if len(chosen) <= REASON_LETTERS_MAX else f"{chosen[:REASON_LETTERS_MAX]}…"
