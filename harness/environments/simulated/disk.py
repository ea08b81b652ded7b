"""A disk in memory that can lose power, fill up and refuse.

What it promises is what the port to the disk promises and no more: bytes are durable once their file was synced, a name
(or its absence) once its folder was. `crash` forgets the rest, each part or not, as the dice fall:

- of the bytes behind the last sync any number is left, and zeros may stand where the others were;
- every name that was given or taken since its folder was synced is there or not, each by itself;
- a replaced file has its old or its new content.

As Linux does by default, it makes names durable every five seconds, and bytes that waited for thirty (`write_back`).
"""

import errno
from collections.abc import Callable
from contextlib import AbstractContextManager
from random import Random

from harness.environments.leases import in_force
from harness.fault.disk_errors import DiskErrors
from harness.fault.disk_full import DiskFull
from harness.fault.disk_operation import DiskOperation
from harness.fault.registry import DiskFault
from harness.fault.slow_disk import SlowDisk

WRITE_BACK_EVERY_S = 5
WRITE_BACK_AFTER_S = 30
"""`vm.dirty_writeback_centisecs` and `vm.dirty_expire_centisecs`, and the commit interval of ext4."""

_MISSING = object()
_TAKES_ROOM = frozenset({"write", "create", "replace", "make_folder"})
_SORTS = {
    DiskOperation.READ: frozenset({"read", "read_at", "names"}),
    DiskOperation.WRITE: _TAKES_ROOM | {"truncate", "remove", "remove_folder", "rename"},
    DiskOperation.SYNC: frozenset({"sync", "sync_folder"}),
}


class _Content:
    """What a file holds, and what of it is durable.

    Attributes:
        synced: how many of its bytes are durable; while `before` is there, none of them need be.
        before: what is durable instead, once something of it was cut off or changed.
    """

    __slots__ = ("before", "live", "synced")

    def __init__(self, data: bytes = b"") -> None:
        self.live = bytearray(data)
        self.synced = len(data)
        self.before: bytes | None = None

    @property
    def dirty(self) -> bool:
        return self.before is not None or self.synced != len(self.live)

    def truncate(self, size: int) -> None:
        if size < self.synced and self.before is None:
            self.before = bytes(self.live[: self.synced])
        del self.live[size:]

    def sync(self) -> None:
        self.synced, self.before = len(self.live), None

    def crash(self, dice: Random) -> None:
        live = bytes(self.live)
        if self.before is not None and not live.startswith(self.before):
            left = dice.choice([self.before, live])
        else:
            durable = len(self.before) if self.before is not None else self.synced
            kept = live[: durable + dice.randint(0, len(live) - durable)]
            zeros = dice.choice([0, dice.randint(0, len(live) - len(kept))])
            left = kept + bytes(zeros)
        self.live = bytearray(left)
        self.sync()


class SimulatedFile:
    """An open file; a crash of the disk makes it useless."""

    def __init__(self, disk: "SimulatedDisk", content: _Content) -> None:
        self._disk = disk
        self._content = content
        disk.open_files.add(self)

    def _check(self, operation: str) -> None:
        assert self in self._disk.open_files, "a closed file is used"
        self._disk.check(operation)

    def write(self, data: bytes) -> None:
        """See the port."""
        self._check("write")
        self._content.live += data
        self._disk.changed(self._content)

    def read_at(self, offset: int, size: int) -> bytes:
        """See the port."""
        self._check("read_at")
        return bytes(self._content.live[offset : offset + size])

    def size(self) -> int:
        """See the port."""
        return len(self._content.live)

    def truncate(self, size: int) -> None:
        """See the port."""
        self._check("truncate")
        self._content.truncate(size)
        self._disk.changed(self._content)

    def sync(self) -> None:
        """See the port."""
        self._check("sync")
        self._disk.synced(self._content)

    def close(self) -> None:
        """See the port."""
        assert self in self._disk.open_files, "a file is closed twice"
        self._disk.open_files.remove(self)


class SimulatedDisk:
    """See the module.

    Args:
        dirtied: told when something is not durable that is to be written back.

    Attributes:
        failing: names of operations that raise OSError, e.g. "write", "sync_folder".
        faults: those in force, by their lease.
        waited_ms: how long its user has waited for it, until that is taken.
        open_files: those that were not closed.
    """

    def __init__(self, dirtied: Callable[[], None] = lambda: None) -> None:
        self.failing: set[str] = set()
        self.faults: dict[object, DiskFault] = {}
        self.waited_ms = 0
        self._dirtied = dirtied
        # How often what is written there could have been written back, and was not.
        self._dirty: dict[_Content, int] = {}
        self.open_files: set[SimulatedFile] = set()
        # By path; a folder's content is None. The root is there always.
        self._live: dict[str, _Content | None] = {}
        self._durable: dict[str, _Content | None] = {}

    def check(self, operation: str) -> None:
        """Fail, if this operation is to fail."""
        if operation in self.failing:
            raise OSError(errno.ENOSPC, f"no space left ({operation})")
        for fault in self.faults.values():
            self._meet(fault, operation)

    def _meet(self, fault: DiskFault, operation: str) -> None:
        match fault:
            case DiskFull() if operation in _TAKES_ROOM:
                raise OSError(errno.ENOSPC, f"no space left ({operation})")
            case DiskErrors(fails=fails) if operation in _SORTS[fails]:
                raise OSError(errno.EIO, f"input/output error ({operation})")
            case SlowDisk(sync_ms=sync_ms) if operation in _SORTS[DiskOperation.SYNC]:
                self.waited_ms += sync_ms

    def disturbed(self, fault: DiskFault) -> AbstractContextManager[None]:
        """Have a fault; leaving the block heals."""
        return in_force(self.faults, fault)

    def take_waited_ms(self) -> int:
        """How long its user has waited for it since it was asked."""
        waited_ms, self.waited_ms = self.waited_ms, 0
        return waited_ms

    def changed(self, content: _Content) -> None:
        """Something in it is not durable."""
        self._dirty.setdefault(content, 0)
        self._dirtied()

    def synced(self, content: _Content) -> None:
        """All of it is durable; what comes from now on waits anew."""
        content.sync()
        self._dirty.pop(content, None)

    def write_back(self) -> bool:
        """What Linux does every WRITE_BACK_EVERY_S.

        Returns:
            Whether bytes have still to be written back.
        """
        self._durable = dict(self._live)
        for content, waited in list(self._dirty.items()):
            if waited * WRITE_BACK_EVERY_S >= WRITE_BACK_AFTER_S:
                content.sync()
            if content.dirty:
                self._dirty[content] = waited + 1
            else:
                del self._dirty[content]
        return bool(self._dirty)

    def crash(self, dice: Random) -> None:
        """Lose power and come back."""
        changed = {
            path
            for path in self._live.keys() | self._durable.keys()
            if self._live.get(path, _MISSING) is not self._durable.get(path, _MISSING)
        }
        after = dict(self._durable)
        for path in sorted(changed):
            if dice.random() < 0.5:
                continue
            if path in self._live:
                after[path] = self._live[path]
            else:
                after.pop(path)
        # What is in a folder that is not there is not there either.
        self._live = {path: after[path] for path in sorted(after) if _is_reachable(path, after)}
        self._durable = dict(self._live)
        for content in dict.fromkeys(self._live.values()):
            if content is not None:
                content.crash(dice)
        self._dirty.clear()
        self.open_files.clear()

    def let_go(self) -> None:
        """Whoever had files open was killed: what was written is there all the same."""
        self.open_files.clear()

    def damage(self, path: str, offset: int, value: int | None = None) -> None:
        """Change one byte of a file, for good."""
        content = self._content(path)
        content.live[offset] = content.live[offset] ^ 0xFF if value is None else value
        content.sync()

    def files(self) -> list[str]:
        """Paths of all files."""
        return sorted(path for path, content in self._live.items() if content is not None)

    # -- the port --------------------------------------------------------------------------------

    def open(self, path: str, *, create: bool = False) -> SimulatedFile:
        """See the port."""
        self.check("open")
        if create and path not in self._live:
            self.check("create")
            self._need_folder(_parent(path))
            self._live[path] = _Content()
            self._dirtied()
        return SimulatedFile(self, self._content(path))

    def _content(self, path: str) -> _Content:
        content = self._live.get(path)
        if content is None:
            raise FileNotFoundError(errno.ENOENT, "no such file", path)
        return content

    def _need_folder(self, folder: str) -> None:
        if folder and self._live.get(folder, _MISSING) is not None:
            raise FileNotFoundError(errno.ENOENT, "no such folder", folder)

    def names(self, folder: str) -> list[str]:
        """See the port."""
        self.check("names")
        return sorted(_name(path) for path in self._live if _parent(path) == folder)

    def exists(self, path: str) -> bool:
        """See the port."""
        return not path or path in self._live

    def make_folder(self, path: str) -> None:
        """See the port."""
        self.check("make_folder")
        if path:
            self.make_folder(_parent(path))
            self._live.setdefault(path, None)
            self._dirtied()

    def remove(self, path: str) -> None:
        """See the port."""
        self.check("remove")
        self._content(path)
        del self._live[path]
        self._dirtied()

    def remove_folder(self, path: str) -> None:
        """See the port."""
        self.check("remove_folder")
        self._need_folder(path)
        for each in [p for p in self._live if p == path or p.startswith(f"{path}/")]:
            del self._live[each]
        self._dirtied()

    def rename(self, old: str, new: str) -> None:
        """See the port."""
        self.check("rename")
        if old not in self._live:
            raise FileNotFoundError(errno.ENOENT, "no such file", old)
        for names in self._live, self._durable:
            # A folder moves with what is durable in it; whether the move itself is, the names of the folder tell.
            for path in [p for p in names if p.startswith(f"{old}/")]:
                names[new + path.removeprefix(old)] = names[path]
        for path in [p for p in self._live if p.startswith(f"{old}/")]:
            del self._live[path]
        self._live[new] = self._live.pop(old)
        self._dirtied()

    def read(self, path: str) -> bytes:
        """See the port."""
        self.check("read")
        return bytes(self._content(path).live)

    def replace(self, path: str, data: bytes, *, durable: bool = True) -> None:
        """See the port."""
        self.check("replace")
        self._need_folder(_parent(path))
        self._live[path] = _Content(data)
        self._dirtied()
        if durable:
            self.sync_folder(_parent(path))

    def sync_folder(self, folder: str) -> None:
        """See the port."""
        self.check("sync_folder")
        self._need_folder(folder)
        for path in [p for p in self._durable if _parent(p) == folder and p not in self._live]:
            del self._durable[path]
        for path, content in self._live.items():
            if _parent(path) == folder:
                self._durable[path] = content


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _is_reachable(path: str, names: dict[str, _Content | None]) -> bool:
    folder = _parent(path)
    return not folder or (names.get(folder, _MISSING) is None and _is_reachable(folder, names))
