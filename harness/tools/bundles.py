"""Packs the functions of a site: their modules and, installed into the cache once, what they import."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from harness.tools.cache import Progress, fingerprint, installed
from harness.tools.python_packages import base_interpreter, unpack_requirements
from system.stack import BundleUnavailable, StackParameters
from system.stack.bundles import REQUIREMENTS, archive, function_folder

OWN_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def packer(
    progress: Progress,
    folders: Mapping[str, Path] | None = None,
    *,
    version: str = OWN_VERSION,
) -> Callable[[str], bytes]:
    """A packer for a stack: gives the bundle of a function by the function's name.

    The same interpreter and the same files give the same bytes. It raises ToolUnavailable where something cannot be
    installed.

    Args:
        progress: told what is installed.
        folders: of somebody else's functions by name; where there are none, the functions are ours.
        version: of the Python that will run them; ours by default.
    """

    def pack(function: str) -> bytes:
        if folders:
            return _pack_own(function, folders[function], progress, version)
        folder = function_folder(function)
        requirements = folder / REQUIREMENTS
        return archive([folder, ensure_dependencies(function, requirements, progress, version)])

    return pack


def packer_for(
    parameters: StackParameters, progress: Progress, version: str = OWN_VERSION
) -> Callable[[str], bytes]:
    """A packer for what runs on the site of a stack, in a Python of this version."""
    folders = parameters.application.folders if parameters.application else {}
    own = {name: Path(folder) for name, folder in folders.items()}
    return packer(progress, own, version=version)


def _pack_own(function: str, folder: Path, progress: Progress, version: str) -> bytes:
    """Somebody else's function: its folder as it is, and what its `requirements.txt` names if it has one.

    Raises:
        BundleUnavailable: the folder cannot be read.
    """
    requirements = folder / REQUIREMENTS
    try:
        if not folder.is_dir():
            raise BundleUnavailable(function, f"there is no folder {folder}")
        more = (
            [ensure_dependencies(function, requirements, progress, version)]
            if requirements.is_file()
            else []
        )
        return archive([folder, *more], whole=True)
    except OSError as error:
        raise BundleUnavailable(
            function, f"{error.filename or folder}: {error.strerror}"
        ) from error


def ensure_dependencies(
    function: str, requirements: Path, progress: Progress, version: str = OWN_VERSION
) -> Path:
    """The folder of the cache with what a function imports, installed on first use.

    Some of it is compiled for one interpreter, so another one gets a folder of its own.

    Raises:
        ToolUnavailable: it could not be installed.
    """
    other = None if version == OWN_VERSION else version
    content = fingerprint(base_interpreter(), *filter(None, [other]), requirements.read_bytes())
    what = f"What the function {function} imports cannot be installed"
    return installed(
        f"function-{function}-{content}",
        lambda part: unpack_requirements(part, requirements, what, other),
        progress=progress,
        announcement=f"{function}: installing what it imports (first run only)",
    )
