"""One segment: a run of records in one file, with the byte position of each."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from system.filesystem import File
from system.stream_manager.log.format import Record, decode, encode

# A scan reads this much at a time, so that opening a large store does not need as much memory.
SCAN_BYTES = 4 * 1024 * 1024


@dataclass(slots=True)
class Segment:
    """The records from sequence number `base` on.

    Attributes:
        base: sequence number of the first record.
        file: holds the records; None while the segment is sealed and nobody reads it, since a stream may have more
            segments than a process may have open files.
        positions: byte position of each record; four bytes each, since a segment has less than 2 GiB.
        size: bytes of its records.
        newest_ms: ingest time of the newest record; 0 while there is none.
        damaged: whether a scan found bytes that are no record.
    """

    base: int
    file: File | None
    positions: "array[int]" = field(default_factory=lambda: array("I"))
    size: int = 0
    newest_ms: int = 0
    damaged: bool = False

    @property
    def end(self) -> int:
        """The sequence number behind its last record."""
        return self.base + len(self.positions)

    def append(self, ingest_time_ms: int, payload: bytes) -> int:
        """Write one record; when it raises OSError nothing of it is in the file.

        Returns:
            Its sequence number.
        """
        assert self.file is not None, "only the active segment is appended to, and it is open"
        number = self.base + len(self.positions)
        data = encode(number, ingest_time_ms, payload)
        self.file.write(data)
        self.positions.append(self.size)
        self.size += len(data)
        self.newest_ms = ingest_time_ms
        return number

    def read(self, file: File, start: int, limit: int, bytes_max: int) -> Iterator[Record | None]:
        """Records from `start` on, at most `limit`, stopping before `bytes_max` is passed (but for the first).

        Yields:
            A record, or None in the place of the first one that is damaged, and nothing after it.
        """
        first = start - self.base
        last = min(first + limit, len(self.positions))
        if first >= last:
            return
        while last > first + 1 and self._span(first, last) > bytes_max:
            last = first + max(1, (last - first) // 2)
        data = file.read_at(self.positions[first], self._span(first, last))
        offset = 0
        for number in range(self.base + first, self.base + last):
            decoded = decode(data, offset)
            if decoded is None or decoded[0].sequence_number != number:
                yield None
                return
            record, offset = decoded
            yield record

    def _span(self, first: int, last: int) -> int:
        """Bytes of the records `first` up to `last`, counted within the segment."""
        end = self.positions[last] if last < len(self.positions) else self.size
        return end - self.positions[first]

    def scan(self, file: File) -> None:
        """Find the records of an existing file, up to the first bytes that are none."""
        length = file.size()
        buffer, start = b"", 0
        while start + len(buffer) < length:
            chunk = file.read_at(start + len(buffer), SCAN_BYTES)
            if not chunk:
                break
            buffer += chunk
            used = self._take_records(buffer, start)
            buffer, start = buffer[used:], start + used
            if not used and len(chunk) < SCAN_BYTES:
                break
        self.damaged = self.size < length

    def _take_records(self, buffer: bytes, start: int) -> int:
        offset = 0
        while (decoded := decode(buffer, offset)) and decoded[0].sequence_number == self.end:
            record, end = decoded
            self.positions.append(start + offset)
            self.newest_ms = record.ingest_time_ms
            offset = end
        self.size = start + offset
        return offset
