"""The bytes of a segment file. This file draws them and does nothing else.

A segment file is a sequence of records and nothing more. All numbers are big endian.

```
offset  size  content
0       4     unsigned  length of the payload, at least 1
4       4     unsigned  CRC-32 (zlib) of bytes 8 to the end of the record
8       8     unsigned  sequence number
16      8     signed    ingest time, epoch milliseconds
24      n     payload
```

A file is named by the sequence number of its first record: 20 digits and `.log`, so that names sort as they are read.
An empty file is a segment that has no record yet; its name still tells the next sequence number.
"""

import struct
import zlib
from dataclasses import dataclass

HEADER = struct.Struct(">IIQq")
RECORD_OVERHEAD_BYTES = HEADER.size
"""24: what a record takes besides its payload. Limits and sizes of a stream count it."""

_CHECKED = struct.Struct(">Qq")
_CHECKED_OFFSET = 8
SUFFIX = ".log"


@dataclass(frozen=True, slots=True)
class Record:
    """One message as stored."""

    sequence_number: int
    ingest_time_ms: int
    payload: bytes


def record_size(payload_size: int) -> int:
    """Bytes that a payload of this size takes in a segment."""
    return RECORD_OVERHEAD_BYTES + payload_size


def encode(sequence_number: int, ingest_time_ms: int, payload: bytes) -> bytes:
    """The bytes of one record."""
    check = zlib.crc32(payload, zlib.crc32(_CHECKED.pack(sequence_number, ingest_time_ms)))
    return HEADER.pack(len(payload), check, sequence_number, ingest_time_ms) + payload


def decode(data: bytes, offset: int = 0) -> tuple[Record, int] | None:
    """The record at `offset` and the offset behind it, or None if there is no whole and sound one."""
    if len(data) - offset < RECORD_OVERHEAD_BYTES:
        return None
    length, check, sequence_number, ingest_time_ms = HEADER.unpack_from(data, offset)
    start, end = offset + RECORD_OVERHEAD_BYTES, offset + RECORD_OVERHEAD_BYTES + length
    if not length or end > len(data):
        return None
    if zlib.crc32(memoryview(data)[offset + _CHECKED_OFFSET : end]) != check:
        return None
    return Record(sequence_number, ingest_time_ms, data[start:end]), end


def segment_name(base: int) -> str:
    """The file name of the segment whose first record has the sequence number `base`."""
    return f"{base:020d}{SUFFIX}"


def segment_base(name: str) -> int | None:
    """The base that a file name tells, or None for a file that is no segment."""
    stem = name.removesuffix(SUFFIX)
    is_segment = name.endswith(SUFFIX) and len(stem) == 20 and stem.isascii() and stem.isdigit()
    return int(stem) if is_segment else None
