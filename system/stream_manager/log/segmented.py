"""The segmented log: a stream's messages in files that are removed as a whole.

Roll rule: a record that would make the active segment larger than the segment size begins a new segment. A record is
never split.

What the disk may look like after a kill: every file is whole but the last one, which may end in a part of a record;
that part is cut off. A file in the middle that is damaged (a failing disk, somebody's editor) keeps its sound head; the
rest of its numbers is a hole, which readers are told about and exporters step over. Nothing keeps the log from opening.

The numbers never go back: there is always at least one file, and its name tells the next number even when it is empty.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from system.filesystem import File, FileSystem
from system.stream_manager.errors import CorruptRecord
from system.stream_manager.log.format import Record, record_size, segment_base, segment_name
from system.stream_manager.log.segment import Segment


class SegmentedLog:
    """The log in one folder.

    Args:
        filesystem: the disk.
        folder: of this log alone; made if it is not there.
        name: of the stream, for errors.
        warn: takes a line about anything that was found damaged.
    """

    def __init__(
        self, filesystem: FileSystem, folder: str, *, name: str, warn: Callable[[str], None]
    ) -> None:
        self._filesystem = filesystem
        self._folder = folder
        self._name = name
        self._warn = warn
        self._make_folder()
        self.segments: list[Segment] = []
        self.total_bytes = 0
        self._unsynced: dict[int, Segment] = {}
        self._unsynced_names = False
        self._recover()

    # -- opening --------------------------------------------------------------------------------

    def _make_folder(self) -> None:
        if not self._filesystem.exists(self._folder):
            self._filesystem.make_folder(self._folder)
            # What is synced in a folder is only as durable as the folder's own name.
            self._filesystem.sync_folder(self._folder.rpartition("/")[0])

    def _recover(self) -> None:
        bases = [segment_base(name) for name in self._filesystem.names(self._folder)]
        for base in sorted(base for base in bases if base is not None):
            self._open_segment(base)
        if not self.segments:
            self._begin_segment(0)
        self._drop_emptied()
        self._activate(self.segments[-1])
        self.total_bytes = sum(segment.size for segment in self.segments)
        # A process that was killed may have left all of it in the machine's memory.
        self._unsynced = {segment.base: segment for segment in self.segments}
        self._unsynced_names = True

    def _drop_emptied(self) -> None:
        """Forget the oldest files without a byte: what a power cut left of segments, evicted ones among them."""
        while len(self.segments) > 1 and not (self.segments[0].size or self.segments[0].damaged):
            gone = self.segments.pop(0)
            with suppress(OSError):
                self._filesystem.remove(self._path(gone.base))

    def _activate(self, segment: Segment) -> None:
        """Open the last segment for appending, without the torn record that a kill may have left at its end."""
        file = segment.file = segment.file or self._filesystem.open(self._path(segment.base))
        if segment.damaged:
            lost = file.size() - segment.size
            self._warn(
                f"{self._name}: cut {lost} bytes without a whole record off its last segment"
            )
            file.truncate(segment.size)
            segment.damaged = False

    def _open_segment(self, base: int) -> None:
        if self.segments and base < self.segments[-1].end:
            self._warn(
                f"{self._name}: segment {base} repeats numbers of the one before, left aside"
            )
            return
        segment = Segment(base, None)
        with self._opened(segment) as file:
            segment.scan(file)
        if self.segments and self.segments[-1].end < base:
            hole = f"{self.segments[-1].end} to {base - 1}"
            self._warn(f"{self._name}: the messages {hole} are damaged or missing")
        self.segments.append(segment)

    @contextmanager
    def _opened(self, segment: Segment) -> Iterator[File]:
        """The file of a segment, given back afterwards unless it is the active one's."""
        if segment.file is not None:
            yield segment.file
            return
        file = self._filesystem.open(self._path(segment.base))
        try:
            yield file
        finally:
            file.close()

    def _path(self, base: int) -> str:
        return f"{self._folder}/{segment_name(base)}"

    def _begin_segment(self, base: int) -> None:
        self.segments.append(Segment(base, self._filesystem.open(self._path(base), create=True)))
        self._unsynced_names = True

    # -- writing --------------------------------------------------------------------------------

    @property
    def oldest(self) -> int:
        """The first sequence number that is still there; the next one when there is none."""
        return self.segments[0].base

    @property
    def end(self) -> int:
        """The sequence number that the next message gets."""
        return self.segments[-1].end

    @staticmethod
    def record_size(payload_size: int) -> int:
        """Bytes that a message takes of those that a stream or segment may have."""
        return record_size(payload_size)

    def append(self, payload: bytes, ingest_time_ms: int, *, segment_size: int) -> int:
        """Append one message.

        Returns:
            Its sequence number.

        Raises:
            OSError: nothing of it was written.
        """
        active = self.segments[-1]
        size = self.record_size(len(payload))
        if active.positions and active.size + size > segment_size:
            self.roll()
            active = self.segments[-1]
        number = active.append(ingest_time_ms, payload)
        self._unsynced[active.base] = active
        self.total_bytes += size
        return number

    def roll(self) -> None:
        """Seal the active segment and begin a new one; nothing happens to an empty one."""
        sealed = self.segments[-1]
        if not sealed.positions:
            return
        self._begin_segment(self.end)
        self._close(sealed)

    @staticmethod
    def _close(segment: Segment) -> None:
        if segment.file is not None:
            segment.file.close()
            segment.file = None

    def evict_oldest(self) -> tuple[int, int]:
        """Remove the oldest segment; the numbers go on.

        Returns:
            The first sequence number that went and the one behind the last.
        """
        if len(self.segments) == 1:
            self._begin_segment(self.end)
        # The names of newer files first: they keep the next number, whatever happens in between.
        self._sync_names()
        gone = self.segments.pop(0)
        self.total_bytes -= gone.size
        self._close(gone)
        self._unsynced.pop(gone.base, None)
        self._filesystem.remove(self._path(gone.base))
        self._unsynced_names = True
        self._drop_emptied()
        return gone.base, self.oldest

    def sync(self) -> None:
        """Return when everything appended is durable."""
        for segment in self._unsynced.values():
            with self._opened(segment) as file:
                file.sync()
        self._unsynced.clear()
        self._sync_names()

    def _sync_names(self) -> None:
        if self._unsynced_names:
            self._filesystem.sync_folder(self._folder)
            self._unsynced_names = False

    # -- reading --------------------------------------------------------------------------------

    def read(self, start: int, limit: int, bytes_max: int) -> list[Record]:
        """Consecutive records from max(start, oldest) on, at most `limit` and about `bytes_max`, at least one.

        Raises:
            CorruptRecord: the first one asked for is damaged.
        """
        start = max(start, self.oldest)
        records: list[Record] = []
        while start < self.end and len(records) < limit and bytes_max > 0:
            part, damaged = self._read_segment(start, limit - len(records), bytes_max)
            records += part
            start += len(part)
            bytes_max -= sum(record_size(len(record.payload)) for record in part)
            if damaged is not None:
                if not records:
                    raise CorruptRecord(self._name, start, damaged)
                break
        return records

    def _read_segment(
        self, start: int, limit: int, bytes_max: int
    ) -> tuple[list[Record], int | None]:
        """What one segment has from `start` on, and, when it is damaged after that, where sound numbers begin again."""
        index = self._index_of(start)
        segment = self.segments[index]
        behind = self.segments[index + 1].base if index + 1 < len(self.segments) else self.end
        if start >= segment.end:
            return [], behind
        found: list[Record] = []
        with self._opened(segment) as file:
            for record in segment.read(file, start, limit, bytes_max):
                if record is None:
                    return found, behind
                found.append(record)
        return found, None

    def _index_of(self, number: int) -> int:
        """Index of the segment that has `number`, or has the hole that it is in."""
        low, high = 0, len(self.segments) - 1
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (
                (middle, high) if self.segments[middle].base <= number else (low, middle - 1)
            )
        return low

    def close(self) -> None:
        """Close all files."""
        for segment in self.segments:
            self._close(segment)
