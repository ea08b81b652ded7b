"""One message stream: a log, its limits, what happens when it is full, and its time to live.

Sizes are bytes of records: payload and RECORD_OVERHEAD_BYTES each. Exporting frees nothing; only overwriting, time to
live and deletion remove data, always whole segments, the oldest first.
"""

from collections.abc import Callable

from system.clock import Clock
from system.stream_manager.errors import (
    MessageTooLarge,
    StorageFailed,
    StreamFull,
    UpdateNotAllowed,
)
from system.stream_manager.log.segmented import SegmentedLog
from system.wire.definitions import MessageStreamDefinition
from system.wire.messages import Message
from system.wire.operations import StrategyOnFull

READ_BYTES_MAX = 16 * 1024 * 1024
"""A read stops before it returns more than this, so that an answer stays far below the frame limit."""


class Stream:
    """A stream over its log.

    Args:
        definition: effective now; changed by `update` alone.
        log: its messages.
        clock: stamps messages and ends their time to live.
        store_definition: makes a changed definition durable; raises OSError.
        warn: takes a line that an operator should see.
    """

    def __init__(
        self,
        definition: MessageStreamDefinition,
        log: SegmentedLog,
        *,
        clock: Clock,
        store_definition: Callable[[MessageStreamDefinition], None],
        warn: Callable[[str], None],
    ) -> None:
        self.definition = definition
        self._log = log
        self._clock = clock
        self._store_definition = store_definition
        self._warn = warn
        self._unsynced = False

    @property
    def name(self) -> str:
        """Its name."""
        return self.definition.name

    @property
    def oldest_sequence_number(self) -> int:
        """First message that is still there; one more than the newest when all are gone."""
        return self._log.oldest

    @property
    def newest_sequence_number(self) -> int:
        """Last message appended; -1 before the first."""
        return self._log.end - 1

    @property
    def total_bytes(self) -> int:
        """Bytes of all records that are there."""
        return self._log.total_bytes

    def append(self, payload: bytes) -> int:
        """Append one message and make room for it as the strategy says.

        Returns:
            Its sequence number.

        Raises:
            MessageTooLarge, StreamFull, StorageFailed: it was not appended.
        """
        size = self._log.record_size(len(payload))
        definition = self.definition
        if size > definition.stream_segment_size:
            raise MessageTooLarge(
                self.name, size, definition.stream_segment_size, definition.max_size
            )
        if self._log.total_bytes + size > definition.max_size:
            self._make_room(size)
        try:
            number = self._log.append(
                payload, self._clock.wall_ms(), segment_size=definition.stream_segment_size
            )
        except OSError as error:
            raise StorageFailed(f"writing to the stream {self.name}", str(error)) from error
        self._unsynced = True
        return number

    def _make_room(self, size: int) -> None:
        definition = self.definition
        if definition.strategy_on_full is StrategyOnFull.REJECT_NEW_DATA:
            raise StreamFull(self.name, self._log.total_bytes, definition.max_size, size)
        try:
            while self._log.total_bytes and self._log.total_bytes + size > definition.max_size:
                self._log.evict_oldest()
        except OSError as error:
            raise StorageFailed(f"making room in the stream {self.name}", str(error)) from error

    def read(self, start: int, limit: int, bytes_max: int = READ_BYTES_MAX) -> list[Message]:
        """Consecutive messages from max(start, oldest) on, at least one if there is one.

        Raises:
            CorruptRecord: the first one is damaged.
            StorageFailed: the disk cannot be read.
        """
        try:
            records = self._log.read(start, limit, bytes_max)
        except OSError as error:
            raise StorageFailed(f"reading the stream {self.name}", str(error)) from error
        name = self.name
        return [
            Message(name, record.sequence_number, record.ingest_time_ms, record.payload)
            for record in records
        ]

    def update(self, definition: MessageStreamDefinition) -> None:
        """Take another definition; what it says about limits holds at once, its segment size for new segments.

        Raises:
            UpdateNotAllowed: it conflicts with what the stream is.
            StorageFailed: it could not be written down and does not hold.
        """
        if definition.persistence is not self.definition.persistence:
            raise UpdateNotAllowed(
                "persistence cannot be changed: delete the stream and create it again"
            )
        if definition.max_size < self._log.total_bytes:
            raise UpdateNotAllowed(
                f"maxSize ({definition.max_size}) is less than what the stream holds "
                f"({self._log.total_bytes} bytes)"
            )
        self._check_starts(definition)
        try:
            self._store_definition(definition)
        except OSError as error:
            raise StorageFailed(f"storing the definition of {self.name}", str(error)) from error
        self.definition = definition

    def _check_starts(self, definition: MessageStreamDefinition) -> None:
        before = {
            config.identifier: config.start_sequence_number
            for config in self.definition.export_definition
        }
        for config in definition.export_definition:
            start = config.start_sequence_number
            unchanged = config.identifier in before and before[config.identifier] == start
            if start and not unchanged and start >= self.newest_sequence_number:
                raise UpdateNotAllowed(
                    f"startSequenceNumber of {config.identifier} ({start}) has to be less than the "
                    f"newest sequence number ({self.newest_sequence_number})"
                )

    def expire(self) -> None:
        """Remove segments whose newest message is older than the time to live.

        An idle active segment is sealed once all of it is too old, so that it can go too. A clock that was set back
        removes nothing: ages are then smaller than they were.
        """
        time_to_live_ms = self.definition.time_to_live_millis
        if time_to_live_ms is None:
            return
        limit_ms = self._clock.wall_ms() - time_to_live_ms
        try:
            while self._log.total_bytes and self._log.segments[0].newest_ms < limit_ms:
                first, end = self._log.evict_oldest()
                self._warn(f"{self.name}: the messages {first} to {end - 1} are too old and gone")
        except OSError as error:
            self._warn(f"{self.name}: a segment that is too old cannot be removed: {error}")

    def expires_at_ms(self) -> int | None:
        """Epoch milliseconds at which `expire` has something to do next; None as long as nothing is appended."""
        time_to_live_ms = self.definition.time_to_live_millis
        if time_to_live_ms is None or not self._log.total_bytes:
            return None
        return self._log.segments[0].newest_ms + time_to_live_ms + 1

    def needs_sync(self) -> bool:
        """Whether an acknowledgement has to wait for the disk."""
        return self.definition.flush_on_write and self._unsynced

    def sync(self) -> None:
        """Return when everything appended is durable.

        Raises:
            StorageFailed: it is not.
        """
        try:
            self._log.sync()
        except OSError as error:
            raise StorageFailed(f"syncing the stream {self.name}", str(error)) from error
        self._unsynced = False

    def close(self) -> None:
        """Give its files back."""
        self._log.close()
