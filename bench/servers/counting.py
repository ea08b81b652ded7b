"""`python -m bench.servers.counting`: our server, which counts how often it waits for the disk.

The count is in the file `syncs` of its store: eight bytes, little endian. To count is to write to memory.
"""

import mmap
import struct
import sys
from pathlib import Path

from system.real.filesystem import RealFile, RealFileSystem
from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts

COUNT = struct.Struct("<Q")
FILE = "syncs"


class Count:
    """A number in a file that another process reads."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(COUNT.pack(0))
        with path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), COUNT.size)
        self._value = 0

    def one_more(self) -> None:
        """Count."""
        self._value += 1
        COUNT.pack_into(self._shared, 0, self._value)


class CountingFile(RealFile):
    """A file that counts its syncs."""

    count: Count

    def sync(self) -> None:
        """Wait for the disk, and count."""
        self.count.one_more()
        super().sync()


class CountingFileSystem(RealFileSystem):
    """A disk whose files count their syncs together."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._count = Count(root / FILE)

    def open(self, path: str, *, create: bool = False) -> RealFile:
        """A file that counts."""
        file = CountingFile(self._root / path, create=create)
        file.count = self._count
        return file


def counted(store: Path) -> int:
    """How often a server with this store has waited for the disk."""
    (count,) = COUNT.unpack((store / FILE).read_bytes()[: COUNT.size])
    return int(count)


if __name__ == "__main__":
    sys.exit(main(parts=Parts(disk=CountingFileSystem)))
