"""Function bundles: zips whose bytes depend on nothing but the files in them."""

import hashlib
import io
import stat
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from system.stack.errors import BundleUnavailable

FUNCTIONS = ("sensor_source", "stream_producer", "stream_aggregator")
"""The functions of a site; each is a folder with a module of the same name and its `requirements.txt`."""

REQUIREMENTS = "requirements.txt"

Packer = Callable[[str], bytes]
"""Gives the bundle of a function: its own modules and everything that they import."""

# The earliest time that a zip can hold.
LONG_AGO = (1980, 1, 1, 0, 0, 0)
FOLDERS_LEFT_OUT = frozenset({"__pycache__", "bin"})
# What an installer writes about the installation, not about the package.
NAMES_LEFT_OUT = frozenset({"INSTALLER", "RECORD", "REQUESTED", "direct_url.json", "uv_cache.json"})
METADATA = ".dist-info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A packed function.

    Attributes:
        content: of the zip.
        sha256: of the content, in hexadecimal digits.
    """

    content: bytes
    sha256: str


def bundle(content: bytes) -> Bundle:
    """A packed function with its checksum."""
    return Bundle(content=content, sha256=hashlib.sha256(content).hexdigest())


def functions_folder(package: Path = Path(__file__).parent) -> Path:
    """The folder `lambdas`: in an installed package inside this one, in a checkout beside `system`.

    Args:
        package: folder of this package.

    Raises:
        BundleUnavailable: it is in neither place.
    """
    places = (package / "lambdas", package.parents[1] / "lambdas")
    for place in places:
        if all((place / function / REQUIREMENTS).is_file() for function in FUNCTIONS):
            return place
    raise BundleUnavailable(
        ", ".join(FUNCTIONS),
        f"the folder lambdas is neither {places[0]} nor {places[1]}; install stream-chaos again",
    )


def function_folder(function: str) -> Path:
    """The folder of one function.

    Raises:
        BundleUnavailable: there is no such function.
    """
    folder = functions_folder() / function
    if not folder.is_dir():
        raise BundleUnavailable(function, f"there is no folder {folder}")
    return folder


def archive(folders: Sequence[Path], *, whole: bool = False) -> bytes:
    """A zip of what is in some folders; where two have the same file, the first one's counts.

    Two zips of the same files are equal, byte for byte, on every machine: names are sorted, times and modes fixed, and
    nothing is compressed, for that differs between versions of zlib. Left out are an installer's own notes, scripts
    and compiled modules.

    Args:
        folders: whose files are taken.
        whole: of the first folder, somebody's own, only compiled modules and what is hidden at its top are left out.
    """
    files: dict[str, Path] = {}
    for folder in reversed(folders):
        left_out = _hidden if whole and folder is folders[0] else _left_out
        files |= dict(_files(folder, left_out))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as written:
        for name in sorted(files):
            written.writestr(_entry(name, files), files[name].read_bytes())
    return buffer.getvalue()


def _files(folder: Path, left_out: Callable[[PurePosixPath], bool]) -> Iterator[tuple[str, Path]]:
    for path in folder.rglob("*"):
        inner = path.relative_to(folder)
        if path.is_file() and not left_out(PurePosixPath(inner.as_posix())):
            yield inner.as_posix(), path


def _hidden(name: PurePosixPath) -> bool:
    """Such as `.git` and `.venv`."""
    return "__pycache__" in name.parts or name.parts[0].startswith(".")


def _left_out(name: PurePosixPath) -> bool:
    if "__pycache__" in name.parts or name.parts[0] in FOLDERS_LEFT_OUT or name.name == ".lock":
        return True
    return name.parts[0].endswith(METADATA) and name.name in NAMES_LEFT_OUT


def _entry(name: str, files: Mapping[str, Path]) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, LONG_AGO)
    # As on Unix, whatever this machine is.
    entry.create_system = 3
    executable = files[name].stat().st_mode & stat.S_IXUSR
    entry.external_attr = (stat.S_IFREG | (0o755 if executable else 0o644)) << 16
    return entry
