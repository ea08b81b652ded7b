"""Installs packages of the Python index from our lock files, with uv."""

import sys
from importlib import resources
from pathlib import Path
from threading import Lock

import uv

from harness.tools.cache import fingerprint
from harness.tools.commands import run, tool_environment
from harness.tools.errors import ToolUnavailable

_FINDING = Lock()

LOCKS = resources.files("harness.tools") / "locks"


def lock(*path: str) -> bytes:
    """The content of one of our lock files."""
    return LOCKS.joinpath(*path).read_bytes()


def base_interpreter() -> str:
    """What identifies the interpreter that ours stems from: a new one needs new environments."""
    return f"{sys.base_prefix} {sys.version}"


def python_fingerprint(*lock_names: str) -> str:
    """Of an environment made from these locks on our interpreter."""
    return fingerprint(base_interpreter(), *(lock(name) for name in lock_names))


def uv_program() -> str:
    """Where uv is.

    Raises:
        ToolUnavailable: it is not there.
    """
    try:
        # It asks `sysconfig`, whose first use is not safe in two threads.
        with _FINDING:
            return uv.find_uv_bin()
    except FileNotFoundError as error:
        raise ToolUnavailable(
            "uv, which installs the tools, is not there although it belongs to our requirements",
            f"Install it with '{sys.executable} -m pip install uv'",
        ) from error


def _install(requirements: Path, what: str, *options: str) -> None:
    run(
        [uv_program(), "pip", "install", "--quiet", *options, "-r", requirements],
        what=what,
        environment=tool_environment(),
    )


def _install_lock(lock_name: str, what: str, *target: str) -> None:
    with resources.as_file(LOCKS / lock_name) as requirements:
        _install(requirements, what, "--require-hashes", *target)


def make_environment(directory: Path, lock_name: str, what: str) -> None:
    """Make a virtual environment on our own base interpreter and install a lock file into it."""
    # Relocatable: it is built beside its place and renamed.
    options = ("--quiet", "--relocatable", "--allow-existing", "--python", sys.executable)
    run([uv_program(), "venv", *options, directory], what=what, environment=tool_environment())
    _install_lock(lock_name, what, "--python", str(directory / "bin" / "python"))


def unpack(directory: Path, lock_name: str, what: str) -> None:
    """Put the files of a lock's packages into a folder that is no environment."""
    _install_lock(lock_name, what, "--target", str(directory), "--python", sys.executable)


def unpack_requirements(
    directory: Path, requirements: Path, what: str, version: str | None = None
) -> None:
    """The same for a file of pinned requirements that is not one of our locks.

    Args:
        directory: where the files go.
        requirements: the file.
        what: to begin the sentence with when it fails.
        version: of the Python that will import them, such as `3.12`, if it is not ours.
    """
    other = ("--python-version", version) if version else ()
    _install(requirements, what, "--target", str(directory), "--python", sys.executable, *other)
