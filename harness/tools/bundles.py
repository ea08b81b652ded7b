"""Packs the functions of a site: their modules and, installed into the cache once, what they import."""

from collections.abc import Callable
from pathlib import Path

from harness.tools.cache import Progress, fingerprint, installed
from harness.tools.python_packages import base_interpreter, unpack_requirements
from system.stack.bundles import REQUIREMENTS, archive, function_folder


def packer(progress: Progress) -> Callable[[str], bytes]:
    """A packer for a stack: gives the bundle of a function by the function's name.

    The same interpreter and the same files give the same bytes. It raises ToolUnavailable where something cannot be
    installed.
    """

    def pack(function: str) -> bytes:
        folder = function_folder(function)
        return archive([folder, ensure_dependencies(function, folder / REQUIREMENTS, progress)])

    return pack


def ensure_dependencies(function: str, requirements: Path, progress: Progress) -> Path:
    """The folder of the cache with what a function imports, installed on first use.

    Some of it is compiled for one interpreter, so another one gets a folder of its own.

    Raises:
        ToolUnavailable: it could not be installed.
    """
    content = fingerprint(base_interpreter(), requirements.read_bytes())
    what = f"What the function {function} imports cannot be installed"
    return installed(
        f"function-{function}-{content}",
        lambda part: unpack_requirements(part, requirements, what),
        progress=progress,
        announcement=f"{function}: installing what it imports (first run only)",
    )
