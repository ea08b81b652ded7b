"""Packs the functions of a site: their modules and, installed into the cache once, what they import."""

from collections.abc import Callable, Mapping
from pathlib import Path

from harness.tools.cache import Progress, fingerprint, installed
from harness.tools.python_packages import base_interpreter, unpack_requirements
from system.stack import BundleUnavailable, StackParameters
from system.stack.bundles import REQUIREMENTS, archive, function_folder


def packer(progress: Progress, folders: Mapping[str, Path] | None = None) -> Callable[[str], bytes]:
    """A packer for a stack: gives the bundle of a function by the function's name.

    The same interpreter and the same files give the same bytes. It raises ToolUnavailable where something cannot be
    installed.

    Args:
        progress: told what is installed.
        folders: of somebody else's functions by name; where there are none, the functions are ours.
    """

    def pack(function: str) -> bytes:
        if folders:
            return _pack_own(function, folders[function], progress)
        folder = function_folder(function)
        return archive([folder, ensure_dependencies(function, folder / REQUIREMENTS, progress)])

    return pack


def packer_for(parameters: StackParameters, progress: Progress) -> Callable[[str], bytes]:
    """A packer for what runs on the site of a stack."""
    folders = parameters.application.folders if parameters.application else {}
    return packer(progress, {name: Path(folder) for name, folder in folders.items()})


def _pack_own(function: str, folder: Path, progress: Progress) -> bytes:
    """Somebody else's function: its folder as it is, and what its `requirements.txt` names if it has one.

    Raises:
        BundleUnavailable: the folder cannot be read.
    """
    requirements = folder / REQUIREMENTS
    try:
        if not folder.is_dir():
            raise BundleUnavailable(function, f"there is no folder {folder}")
        more = (
            [ensure_dependencies(function, requirements, progress)]
            if requirements.is_file()
            else []
        )
        return archive([folder, *more], whole=True)
    except OSError as error:
        raise BundleUnavailable(
            function, f"{error.filename or folder}: {error.strerror}"
        ) from error


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
