"""A recipe: everything that decides what is in an image, and the build context made of it.

The tag of an image is a hash over its recipe, the files that go into it and the ids of its bases. An image whose tag is
there is right, and is never built again.
"""

import io
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from harness.images.image import PREFIX
from harness.tools.cache import Progress, fingerprint

LAYOUT = "1"
"""Raised when the way of building changes what is built."""

CONTEXT_MEMORY_BYTES = 64 * 2**20
LEFT_OUT = frozenset({"__pycache__", ".gitignore", ".gitkeep"})


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file of a build context, as it was when it was read.

    Attributes:
        name: path in the context.
    """

    name: str
    content: bytes
    executable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """Something of the tools' cache that goes into an image.

    Attributes:
        content: changes whenever the content should, so that it need not be there to be hashed.
        get: installs it where it is missing; gives its file or folder.
    """

    content: str
    get: Callable[[Progress], Path]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How an image is made.

    Attributes:
        name: of the image.
        dockerfile: its path in the context; one of `files`.
        target: stage of the Dockerfile; empty: the last one.
        files: ours; read once, so that what is hashed is what is built, whoever edits them meanwhile.
        tools: path in the context → tool.
        bases: argument of the build → name of the base.
        authorities: folder of the context that gets the host's certificates, where it has some of its own.
    """

    name: str
    dockerfile: str
    target: str = ""
    files: tuple[File, ...] = ()
    tools: Mapping[str, Tool] = field(default_factory=dict)
    bases: Mapping[str, str] = field(default_factory=dict)
    authorities: str = "ca"

    def reference(self, base_ids: Mapping[str, str]) -> str:
        """The tag of the image.

        Args:
            base_ids: by name of the base.
        """
        parts: list[str | bytes] = [LAYOUT, self.dockerfile, self.target]
        for file in self.files:
            parts += [file.name, str(file.executable), file.content]
        for name, tool in sorted(self.tools.items()):
            parts += [name, tool.content]
        for argument, base in sorted(self.bases.items()):
            parts += [argument, base_ids[base]]
        return f"{PREFIX}/{self.name}:{fingerprint(*parts)}"

    def context(self, tools: Mapping[str, Path], authorities: Path | None) -> IO[bytes]:
        """The build context as a tar, ready to be read; close it.

        Args:
            tools: where those are that the recipe asks for.
            authorities: the host's certificates.
        """
        # On disk where it is large.
        spool = tempfile.SpooledTemporaryFile(max_size=CONTEXT_MEMORY_BYTES)  # noqa: SIM115 - the caller's to close
        with tarfile.open(fileobj=spool, mode="w") as tar:
            _add_folder(tar, self.authorities)
            if authorities is not None:
                _add(tar, read_file(f"{self.authorities}/bundle.crt", authorities))
            for file in (*self.files, *read_files(tools)):
                _add(tar, file)
        spool.seek(0)
        return spool


def read_files(places: Mapping[str, Path]) -> tuple[File, ...]:
    """The files in files and folders of ours, sorted by name.

    Args:
        places: path in the context → file or folder.
    """
    found = {name: path for place, root in places.items() for name, path in _below(place, root)}
    return tuple(read_file(name, path) for name, path in sorted(found.items()))


def read_file(name: str, path: Path) -> File:
    """One file, under a name in the context."""
    executable = bool(path.stat().st_mode & 0o100)
    return File(name=name, content=path.read_bytes(), executable=executable)


def _below(place: str, root: Path) -> Iterator[tuple[str, Path]]:
    if root.is_file():
        yield place, root
        return
    for path in root.rglob("*"):
        inner = path.relative_to(root)
        if path.is_file() and LEFT_OUT.isdisjoint(inner.parts):
            yield f"{place}/{inner.as_posix()}", path


def _add_folder(tar: tarfile.TarFile, name: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = tarfile.DIRTYPE, 0o755
    tar.addfile(entry)


def _add(tar: tarfile.TarFile, file: File) -> None:
    """A file without owner, group and time, so that the builder finds again what it has built already."""
    entry = tarfile.TarInfo(file.name)
    entry.size = len(file.content)
    entry.mode = 0o755 if file.executable else 0o644
    tar.addfile(entry, io.BytesIO(file.content))
