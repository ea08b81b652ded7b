"""The machine's disk below one folder."""

import os
import shutil
from pathlib import Path


class RealFile:
    """A file opened for appending and reading."""

    def __init__(self, path: Path, *, create: bool, writable: bool = True) -> None:
        access = os.O_RDWR if writable else os.O_RDONLY
        flags = access | os.O_CLOEXEC | (os.O_CREAT if create else 0)
        self._descriptor = os.open(path, flags, 0o600)
        self._size = os.fstat(self._descriptor).st_size

    def write(self, data: bytes) -> None:
        """Append all of `data` or nothing."""
        size = self._size
        try:
            written = os.pwrite(self._descriptor, data, size)
            while written < len(data):
                written += os.pwrite(self._descriptor, data[written:], size + written)
        except OSError:
            os.ftruncate(self._descriptor, size)
            raise
        self._size = size + written

    def read_at(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset`."""
        return os.pread(self._descriptor, size, offset)

    def size(self) -> int:
        """Its length in bytes."""
        return self._size

    def truncate(self, size: int) -> None:
        """Cut it to `size` bytes."""
        os.ftruncate(self._descriptor, size)
        self._size = size

    def sync(self) -> None:
        """Wait for the disk."""
        os.fdatasync(self._descriptor)

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self._descriptor)


class RealFileSystem:
    """The folder `root` and what is below it.

    Args:
        root: has to be there.
        writable: whether files are opened for writing too.
    """

    def __init__(self, root: Path, *, writable: bool = True) -> None:
        self._root = root
        self._writable = writable

    def open(self, path: str, *, create: bool = False) -> RealFile:
        """A file; `create` makes an empty one where none is."""
        return RealFile(self._root / path, create=create, writable=self._writable)

    def names(self, folder: str) -> list[str]:
        """The names in a folder, sorted."""
        try:
            return sorted(path.name for path in (self._root / folder).iterdir())
        except FileNotFoundError:
            return []

    def exists(self, path: str) -> bool:
        """Whether there is a file or a folder."""
        return (self._root / path).exists()

    def make_folder(self, path: str) -> None:
        """Make a folder and those above it."""
        (self._root / path).mkdir(parents=True, exist_ok=True)

    def remove(self, path: str) -> None:
        """Remove a file."""
        (self._root / path).unlink()

    def remove_folder(self, path: str) -> None:
        """Remove a folder with all that is in it."""
        shutil.rmtree(self._root / path)

    def rename(self, old: str, new: str) -> None:
        """Give a file or folder another name."""
        (self._root / old).rename(self._root / new)

    def read(self, path: str) -> bytes:
        """The whole of a file."""
        return (self._root / path).read_bytes()

    def replace(self, path: str, data: bytes, *, durable: bool = True) -> None:
        """Write beside the file, then put the new one in its place."""
        fresh = self._root / f"{path}.new"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                if durable:
                    os.fsync(file.fileno())
        except OSError:
            fresh.unlink(missing_ok=True)
            raise
        fresh.replace(self._root / path)
        if durable:
            self.sync_folder(str(Path(path).parent))

    def sync_folder(self, folder: str) -> None:
        """Wait for the disk."""
        descriptor = os.open(self._root / folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
