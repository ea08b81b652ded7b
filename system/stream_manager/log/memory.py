"""A disk that is memory: for streams whose messages never touch the disk."""


class MemoryFile:
    """Bytes that grow at their end."""

    def __init__(self) -> None:
        self._data = bytearray()

    def write(self, data: bytes) -> None:
        """Append all of `data`."""
        self._data += data

    def read_at(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset`."""
        return bytes(self._data[offset : offset + size])

    def size(self) -> int:
        """Its length in bytes."""
        return len(self._data)

    def truncate(self, size: int) -> None:
        """Cut it to `size` bytes."""
        del self._data[size:]

    def sync(self) -> None:
        """Nothing to wait for."""

    def close(self) -> None:
        """Nothing to give back."""


class MemoryFileSystem:
    """Files by path, gone with the process."""

    def __init__(self) -> None:
        self._files: dict[str, MemoryFile] = {}

    def open(self, path: str, *, create: bool = False) -> MemoryFile:
        """A file; `create` makes an empty one where none is."""
        if create:
            return self._files.setdefault(path, MemoryFile())
        if path not in self._files:
            raise FileNotFoundError(path)
        return self._files[path]

    def names(self, folder: str) -> list[str]:
        """The names in a folder, sorted."""
        prefix = f"{folder}/" if folder else ""
        inside = (path.removeprefix(prefix) for path in self._files if path.startswith(prefix))
        return sorted({path.split("/")[0] for path in inside})

    def exists(self, path: str) -> bool:
        """Whether there is a file or a folder."""
        return path in self._files or bool(self.names(path))

    def make_folder(self, path: str) -> None:
        """Folders are only prefixes here."""

    def remove(self, path: str) -> None:
        """Remove a file."""
        if self._files.pop(path, None) is None:
            raise FileNotFoundError(path)

    def remove_folder(self, path: str) -> None:
        """Remove all files below it."""
        for name in [each for each in self._files if each.startswith(f"{path}/")]:
            del self._files[name]

    def rename(self, old: str, new: str) -> None:
        """Give a file or folder another name."""
        for path in list(self._files):
            if path == old or path.startswith(f"{old}/"):
                self._files[new + path.removeprefix(old)] = self._files.pop(path)

    def read(self, path: str) -> bytes:
        """The whole of a file."""
        file = self.open(path)
        return file.read_at(0, file.size())

    def replace(self, path: str, data: bytes, *, durable: bool = True) -> None:
        """Give a file new content."""
        file = MemoryFile()
        file.write(data)
        self._files[path] = file

    def sync_folder(self, folder: str) -> None:
        """Nothing to wait for."""
