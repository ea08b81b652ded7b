"""What is in a store, looked at from outside: nothing is repaired, locked or written, and a server may run on it.

Damage is whatever a server would not find as one left it: bytes that are no record, messages that are missing in the
middle, a state file that cannot be read, a cursor behind the end of its stream. A record that is being written by a
running server is none.
"""

import json
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any

from system.filesystem import FileSystem
from system.stream_manager.export import progress
from system.stream_manager.export.exporter import Progress
from system.stream_manager.log.format import segment_base, segment_name
from system.stream_manager.log.segment import Segment
from system.stream_manager.store import (
    DEFINITION_ERRORS,
    DELETED,
    FORMAT,
    FORMAT_FILE,
    STREAMS,
    stored_definition,
)
from system.wire.definitions import MessageStreamDefinition
from system.wire.operations import Persistence


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentFound:
    """One segment file.

    Attributes:
        base, end: the first sequence number and the one behind the last.
        bytes: of its records.
        file_bytes: length of the file; more than `bytes` where something is no record.
        newest_ms: ingest time of its newest message; None while it is empty.
    """

    base: int
    end: int
    bytes: int
    file_bytes: int
    newest_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFound:
    """One stream.

    Attributes:
        folder: below the store.
        order: place in the order of creation.
        segments: none for a stream in memory.
        cursors: by the identifier of the exporter.
        damage: one sentence each.
    """

    definition: MessageStreamDefinition
    folder: str
    order: int
    segments: tuple[SegmentFound, ...]
    cursors: dict[str, Progress]
    damage: tuple[str, ...]

    @property
    def oldest(self) -> int:
        """First message that is there."""
        return self.segments[0].base if self.segments else 0

    @property
    def end(self) -> int:
        """The number that the next message gets."""
        return self.segments[-1].end if self.segments else 0

    @property
    def total_bytes(self) -> int:
        """Bytes of all records."""
        return sum(segment.bytes for segment in self.segments)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFound:
    """A store.

    Attributes:
        streams: in the order of their creation.
        damage: of the store itself, one sentence each.
        running: whether a server held it.
    """

    streams: tuple[StreamFound, ...]
    damage: tuple[str, ...]
    running: bool

    @property
    def all_damage(self) -> list[str]:
        """All sentences, those of a stream with its name."""
        streams = [f"{each.definition.name}: {s}" for each in self.streams for s in each.damage]
        return [*self.damage, *streams]


def is_store(filesystem: FileSystem) -> bool:
    """Whether this is the root of a store at all."""
    return filesystem.exists(FORMAT_FILE) or filesystem.exists(STREAMS)


def inspect(filesystem: FileSystem, *, running: bool) -> StoreFound:
    """Look at the store at the root of `filesystem`.

    Args:
        running: a server holds it, so that its newest record may be there in part.

    Raises:
        OSError: it cannot be read.
    """
    damage = list(_format_damage(filesystem))
    streams = []
    for name in filesystem.names(STREAMS):
        folder = f"{STREAMS}/{name}"
        try:
            streams.append(_stream(filesystem, folder, running))
        except (OSError, *DEFINITION_ERRORS) as error:
            # It may have been deleted in the meantime.
            if filesystem.exists(folder):
                damage.append(f"{folder} holds no stream that could be opened: {_words(error)}")
    if not running and (left := filesystem.names(DELETED)):
        damage.append(f"{DELETED} has what is left of deleted streams: {', '.join(left)}")
    streams.sort(key=lambda each: each.order)
    return StoreFound(streams=tuple(streams), damage=tuple(damage), running=running)


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__


def _json(filesystem: FileSystem, path: str) -> dict[str, Any]:
    values = json.loads(filesystem.read(path))
    if not isinstance(values, dict):
        raise ValueError(f"{path} holds a {type(values).__name__}")
    return values


def _format_damage(filesystem: FileSystem) -> Iterator[str]:
    try:
        version = _json(filesystem, FORMAT_FILE).get("format")
    except (OSError, ValueError) as error:
        yield f"{FORMAT_FILE} cannot be read: {_words(error)}"
    else:
        if version != FORMAT:
            yield f"{FORMAT_FILE} tells of format {version}, this version reads {FORMAT}"


def _stream(filesystem: FileSystem, folder: str, running: bool) -> StreamFound:
    order, definition = stored_definition(_json(filesystem, f"{folder}/definition.json"), folder)
    damage: list[str] = []
    # First, since a running server moves the end before the cursors.
    cursors = progress.load(filesystem, folder, damage.append)
    segments: tuple[SegmentFound, ...] = ()
    if definition.persistence is Persistence.FILE:
        log = _Log(filesystem, f"{folder}/log", running)
        segments = log.segments
        damage += log.damage
        damage += _beyond(cursors, segments[-1].end if segments else 0)
    return StreamFound(
        definition=definition,
        folder=folder,
        order=order,
        segments=segments,
        cursors=cursors,
        damage=tuple(damage),
    )


def _beyond(cursors: dict[str, Progress], end: int) -> Iterator[str]:
    for identifier, cursor in cursors.items():
        # A start that is yet to come is no damage.
        if cursor.position > max(end, cursor.started_at or 0):
            yield f"the cursor of {identifier} ({cursor.position}) is behind the end ({end})"


@dataclass(slots=True)
class _Log:
    """The segments of one stream, and what is wrong with them."""

    filesystem: FileSystem
    folder: str
    running: bool
    segments: tuple[SegmentFound, ...] = ()
    damage: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        names = [segment_base(name) for name in self.filesystem.names(self.folder)]
        bases = sorted(base for base in names if base is not None)
        for base in bases:
            # A running server may have evicted it in the meantime.
            with suppress(FileNotFoundError):
                self._take(base, is_last=base == bases[-1])
        if not self.segments and not self.running:
            self.damage.append("there is no segment: the numbers begin again")

    def _take(self, base: int, *, is_last: bool) -> None:
        path = f"{self.folder}/{segment_name(base)}"
        segment = Segment(base, None)
        with closing(self.filesystem.open(path)) as file:
            segment.scan(file)
            file_bytes = file.size()
        expected = self.segments[-1].end if self.segments else base
        if base < expected:
            self.damage.append(f"segment {base} repeats numbers of the one before")
        elif base > expected:
            self.damage.append(f"the messages {expected} to {base - 1} are damaged or missing")
        if segment.damaged and not (is_last and self.running):
            extra = file_bytes - segment.size
            self.damage.append(
                f"segment {base} has {extra} bytes at {segment.size} that are no record"
            )
        found = SegmentFound(
            base=base,
            end=segment.end,
            bytes=segment.size,
            file_bytes=file_bytes,
            newest_ms=segment.newest_ms if segment.positions else None,
        )
        self.segments = (*self.segments, found)
