"""All streams of a store folder.

```
<root>/format.json                     version of this layout, number of streams ever created
<root>/streams/<name>/definition.json  definition and place in the order of creation
<root>/streams/<name>/log/*.log        segments (not for a stream in memory)
<root>/streams/<name>/exporters.json   how far each exporter is
<root>/deleted/<n>/                    a stream on its way out
```

`<name>` is percent-encoded; whatever is too long for a file name ends in a hash instead, and the definition tells the
name. A folder without a sound definition is left aside with a warning: one bad state file never stops the start.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from system.clock import Clock
from system.filesystem import FileSystem
from system.stream_manager.errors import StorageFailed, StreamExists, StreamNotFound
from system.stream_manager.log.memory import MemoryFileSystem
from system.stream_manager.log.segmented import SegmentedLog
from system.stream_manager.stream import Stream
from system.wire.definitions import (
    MessageStreamDefinition,
    definition_from_map,
    definition_to_map,
)
from system.wire.fields import InvalidFields
from system.wire.operations import Persistence

FORMAT = 1
FOLDER_NAME_MAX = 200
STREAMS, DELETED, FORMAT_FILE = "streams", "deleted", "format.json"

Warn = Callable[[str], None]


def folder_name(stream: str) -> str:
    """The folder of a stream: `.` and `..` are names of streams, but must not be names of folders."""
    encoded = quote(stream, safe="")
    if encoded.startswith("."):
        encoded = f"%2E{encoded[1:]}"
    if len(encoded) <= FOLDER_NAME_MAX:
        return encoded
    return f"{encoded[:120]}~{hashlib.sha256(stream.encode()).hexdigest()[:32]}"


DEFINITION_ERRORS = (InvalidFields, KeyError, TypeError, ValueError, AttributeError)
"""What `stored_definition` raises."""


def stored_definition(values: dict[str, Any], folder: str) -> tuple[int, MessageStreamDefinition]:
    """What the definition file in a stream's folder says.

    Returns:
        Its place in the order of creation and its definition.

    Raises:
        Exception: one of DEFINITION_ERRORS; something is wrong with it.
    """
    order, definition = values["order"], definition_from_map(values["definition"])
    if not isinstance(order, int):
        raise TypeError(f"its order is {order!r}")
    if folder != f"{STREAMS}/{folder_name(definition.name)}":
        raise ValueError(f"its definition is that of the stream {definition.name}")
    return order, definition


class StreamStore:
    """The streams below the root of `filesystem`.

    Args:
        filesystem: the disk.
        clock: handed to the streams.
        warn: takes a line that an operator should see.
        make_log, make_stream: make the parts of a stream.

    Raises:
        StorageFailed: the root cannot be used at all, or another version's data is in it.
    """

    def __init__(
        self,
        filesystem: FileSystem,
        clock: Clock,
        warn: Warn,
        *,
        make_log: type[SegmentedLog] = SegmentedLog,
        make_stream: type[Stream] = Stream,
    ) -> None:
        self.filesystem = filesystem
        self._clock = clock
        self._warn = warn
        self._make_log = make_log
        self._make_stream = make_stream
        self._streams: dict[str, Stream] = {}
        self._memory = MemoryFileSystem()
        try:
            self._created = self._open_root()
            self._open_streams()
        except OSError as error:
            raise StorageFailed("opening the store", str(error)) from error

    def _open_root(self) -> int:
        for folder in (STREAMS, DELETED):
            self.filesystem.make_folder(folder)
        for name in self.filesystem.names(DELETED):
            self._remove_deleted(f"{DELETED}/{name}")
        if not self.filesystem.exists(FORMAT_FILE):
            self._write_format(0)
            return 0
        values = self._json(FORMAT_FILE) or {"format": FORMAT}
        if values.get("format") != FORMAT:
            reason = f"it has format {values.get('format')}, this version reads {FORMAT}"
            raise StorageFailed("opening the store", reason)
        created = values.get("created", 0)
        return created if isinstance(created, int) else 0

    def _remove_deleted(self, folder: str) -> None:
        try:
            self.filesystem.remove_folder(folder)
        except OSError as error:
            self._warn(f"what is left of a deleted stream in {folder} stays for now: {error}")

    def _write_format(self, created: int) -> None:
        values = {"format": FORMAT, "created": created}
        self.filesystem.replace(FORMAT_FILE, json.dumps(values).encode())

    def _json(self, path: str) -> dict[str, Any] | None:
        try:
            values = json.loads(self.filesystem.read(path))
            if not isinstance(values, dict):
                raise ValueError(f"it holds a {type(values).__name__}")
        except (OSError, ValueError) as error:
            self._warn(f"{path} cannot be read and is left aside: {error}")
            return None
        return values

    def _open_streams(self) -> None:
        found = []
        for name in self.filesystem.names(STREAMS):
            folder = f"{STREAMS}/{name}"
            values = self._json(f"{folder}/definition.json")
            if values is not None:
                found += self._defined(folder, values)
        for order, folder, definition in sorted(found, key=lambda each: each[:2]):
            self._created = max(self._created, order)
            try:
                self._streams[definition.name] = self._open(definition, folder, order)
            except OSError as error:
                self._leave_aside(folder, error)

    def _defined(
        self, folder: str, values: dict[str, Any]
    ) -> list[tuple[int, str, MessageStreamDefinition]]:
        """The stream that a definition file makes of its folder; none if something is wrong with it."""
        try:
            order, definition = stored_definition(values, folder)
        except DEFINITION_ERRORS as error:
            self._leave_aside(folder, error)
            return []
        return [(order, folder, definition)]

    def _leave_aside(self, folder: str, error: Exception) -> None:
        self._warn(f"the stream in {folder} cannot be opened and is left aside: {error!r}")

    def _open(self, definition: MessageStreamDefinition, folder: str, order: int) -> Stream:
        in_memory = definition.persistence is Persistence.MEMORY
        log = self._make_log(
            self._memory if in_memory else self.filesystem,
            f"{folder}/log",
            name=definition.name,
            warn=self._warn,
        )
        return self._make_stream(
            definition,
            log,
            clock=self._clock,
            store_definition=lambda changed: self._write_definition(folder, changed, order),
            warn=self._warn,
        )

    def _write_definition(
        self, folder: str, definition: MessageStreamDefinition, order: int
    ) -> None:
        values = {"order": order, "definition": definition_to_map(definition)}
        self.filesystem.replace(f"{folder}/definition.json", json.dumps(values).encode())

    def create(self, definition: MessageStreamDefinition) -> Stream:
        """Create a stream; it is durable when this returns.

        Raises:
            StreamExists, StorageFailed: it was not created.
        """
        if definition.name in self._streams:
            raise StreamExists(definition.name)
        folder = self.folder(definition.name)
        try:
            self._write_format(self._created + 1)
            self._created += 1
            stream = self._create(folder, definition)
        except OSError as error:
            raise StorageFailed(f"creating the stream {definition.name}", str(error)) from error
        self._streams[definition.name] = stream
        return stream

    def _create(self, folder: str, definition: MessageStreamDefinition) -> Stream:
        # What is in the way belongs to no stream that could be opened; it is kept, under another name.
        if self.filesystem.exists(folder):
            self.filesystem.rename(folder, f"{folder}.aside-{self._created}")
        self.filesystem.make_folder(folder)
        try:
            self._write_definition(folder, definition, self._created)
            self.filesystem.sync_folder(STREAMS)
            return self._open(definition, folder, self._created)
        except OSError:
            self.filesystem.remove_folder(folder)
            raise

    def delete(self, name: str) -> None:
        """Delete a stream with all its data; its numbers begin at 0 when it is created again.

        Raises:
            StreamNotFound, StorageFailed: it was not deleted.
        """
        stream = self._streams.get(name)
        if stream is None:
            raise StreamNotFound(name)
        folder = self.folder(name)
        aside = f"{DELETED}/{self._created}-{folder_name(name)}"
        try:
            # One step takes it out of the streams; a kill during the rest leaves rubbish for the next start.
            self.filesystem.rename(folder, aside)
        except OSError as error:
            raise StorageFailed(f"deleting the stream {name}", str(error)) from error
        del self._streams[name]
        stream.close()
        self._memory.remove_folder(folder)
        try:
            self.filesystem.sync_folder(STREAMS)
        except OSError as error:
            self._warn(f"the deleted stream {name} may be back after a power cut: {error}")
        self._remove_deleted(aside)

    def folder(self, name: str) -> str:
        """The folder of a stream."""
        return f"{STREAMS}/{folder_name(name)}"

    def get(self, name: str) -> Stream | None:
        """A stream by name."""
        return self._streams.get(name)

    def require(self, name: str) -> Stream:
        """A stream by name.

        Raises:
            StreamNotFound: there is none.
        """
        stream = self._streams.get(name)
        if stream is None:
            raise StreamNotFound(name)
        return stream

    def __iter__(self) -> Iterator[Stream]:
        return iter(list(self._streams.values()))

    def names(self) -> list[str]:
        """Their names in the order of creation."""
        return list(self._streams)

    def close(self) -> None:
        """Sync and close all streams."""
        for stream in self._streams.values():
            try:
                stream.sync()
            except StorageFailed as error:
                self._warn(str(error))
            stream.close()
