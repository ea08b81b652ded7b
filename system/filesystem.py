"""The port to the disk.

Paths are relative to the root that an edition was made for, with `/` between their parts. Whatever fails raises
OSError. What was written is durable only after `sync` (a file) or `sync_folder` (that a file is there at all).
"""

from typing import Protocol


class File(Protocol):
    """A file that grows at its end."""

    def write(self, data: bytes) -> None:
        """Append all of `data`; when it raises, nothing of it is in the file."""

    def read_at(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset`."""

    def size(self) -> int:
        """Its length in bytes."""

    def truncate(self, size: int) -> None:
        """Cut it to `size` bytes."""

    def sync(self) -> None:
        """Return when all of it is durable."""

    def close(self) -> None:
        """Give it back; not durable by that."""


class FileSystem(Protocol):
    """A tree of folders and files."""

    def open(self, path: str, *, create: bool = False) -> File:
        """A file; `create` makes an empty one where none is."""

    def names(self, folder: str) -> list[str]:
        """The names in a folder, sorted; empty when there is no such folder."""

    def exists(self, path: str) -> bool:
        """Whether there is a file or a folder."""

    def make_folder(self, path: str) -> None:
        """Make a folder and those above it; nothing happens where it is."""

    def remove(self, path: str) -> None:
        """Remove a file."""

    def remove_folder(self, path: str) -> None:
        """Remove a folder with all that is in it."""

    def rename(self, old: str, new: str) -> None:
        """Give a file or folder another name in the same folder, in one step."""

    def read(self, path: str) -> bytes:
        """The whole of a file."""

    def replace(self, path: str, data: bytes, *, durable: bool = True) -> None:
        """Give a file new content in one step: a reader, also after a crash, finds the old or the new one.

        Args:
            durable: whether the new content is safe from a power cut when this returns.
        """

    def sync_folder(self, folder: str) -> None:
        """Return when the names in it are durable."""
