"""One exporter: where it is in its stream, whether it has something to send, and what became of what it sent.

The states of an exporter, all told by three fields:

```
                 messages enough            sink's answer
   waiting ──────────────────────► sending ───────────────► waiting   (all taken: the position moves on)
      ▲                               │
      │ time is over, or another      │ refused, failed
      │ exporter got through          ▼
      └─────────────────────────── backing off                        (the position moves over what was taken)
```

The position is the next sequence number that is owed. It only ever moves over a contiguous run of messages that were
taken, skipped or evicted: a crash repeats messages and never leaves one out.
"""

from dataclasses import dataclass, field

from system.stream_manager.errors import CorruptRecord, StorageFailed
from system.stream_manager.export.backoff import Backoff
from system.stream_manager.export.batch import (
    Batch,
    Delivered,
    Failed,
    RequestLimits,
    SinkResult,
    batch_size_of,
    limits_of,
)
from system.stream_manager.stream import Stream
from system.wire.definitions import ExporterConfig
from system.wire.messages import ExportStatus, Message


@dataclass(slots=True)
class Progress:
    """What has to outlive the process.

    Attributes:
        position: next sequence number owed.
        last_exported: last sequence number taken by the destination, -1 before the first.
        started_at: the config's start_sequence_number that the position was counted from.
    """

    position: int = 0
    last_exported: int = -1
    exported_bytes: int = 0
    exported_messages: int = 0
    last_attempt_ms: int | None = None
    started_at: int | None = None


@dataclass(slots=True)
class Exporter:
    """See the module.

    Attributes:
        refused: sequence numbers that were refused and go first.
        owed_until: messages before this number are due whatever the batch rule says: they were in a batch already.
        taken_until: all messages before this number but the refused ones are done.
        sending: the batch under way.
        not_before_ms: monotonic time before which nothing is sent.
        transport_failed: the last attempt met a broken link.
        trusted: it was let go early since another exporter got through, and has not got through itself since then.
        sent_order: counts up over all exporters; the one that sent longest ago goes first among equals.
    """

    stream: Stream
    config: ExporterConfig
    progress: Progress
    backoff: Backoff
    generation: int
    refused: tuple[int, ...] = ()
    owed_until: int = 0
    taken_until: int = 0
    sending: Batch | None = None
    not_before_ms: int = 0
    transport_failed: bool = False
    trusted: bool = False
    error: str = ""
    sent_order: int = 0
    batch_limit: int | None = None
    warnings: list[str] = field(default_factory=list)
    _oldest_seen: tuple[int, int] = (-1, 0)

    @property
    def key(self) -> tuple[str, str]:
        """Stream and identifier."""
        return self.stream.name, self.config.identifier

    @property
    def usable(self) -> bool:
        """Whether it may send at all."""
        return not self.config.disabled

    def waiting(self) -> int:
        """Messages that are owed, after stepping over what was evicted meanwhile."""
        self._step_over_evicted()
        return self.stream.newest_sequence_number + 1 - self.progress.position

    def _step_over_evicted(self) -> None:
        oldest = self.stream.oldest_sequence_number
        if self.progress.position >= oldest:
            return
        if lost := self._lost_to_eviction(oldest):
            self._warn(f"the messages {lost} were evicted before they were exported")
        self.progress.position = oldest
        self.refused = tuple(number for number in self.refused if number >= oldest)
        self._move()

    def _lost_to_eviction(self, oldest: int) -> str:
        """The numbers that are owed and gone, in words."""
        lost = [str(number) for number in self.refused if number < oldest]
        first = self.taken_until if self.refused else self.progress.position
        if first < oldest:
            lost.append(f"{first} to {oldest - 1}")
        return ", ".join(lost)

    def _warn(self, sentence: str) -> None:
        self.warnings.append(f"{self.stream.name}/{self.config.identifier}: {sentence}")

    # -- when ----------------------------------------------------------------------------------

    def due_at_ms(self, now_ms: int, wall_ms: int) -> int | None:
        """When it should send next (now or earlier means at once), or None as long as nothing more is appended.

        Args:
            now_ms: monotonic.
            wall_ms: epoch milliseconds, to tell the age of a message from before a restart.
        """
        if not self.usable or self.sending is not None:
            return None
        waiting = self.waiting()
        if waiting <= 0:
            return None
        forced = bool(self.refused) or self.progress.position < self.owed_until
        if forced or waiting >= batch_size_of(self.config):
            return self.not_before_ms
        interval_ms = self.config.batch_interval_millis
        if interval_ms is None:
            return None
        return max(self.not_before_ms, self._interval_over_ms(interval_ms, now_ms, wall_ms))

    def _interval_over_ms(self, interval_ms: int, now_ms: int, wall_ms: int) -> int:
        """When the oldest owed message has waited for `interval_ms`; a clock set back makes it no later."""
        position = self.progress.position
        if self._oldest_seen[0] != position:
            self._oldest_seen = (position, now_ms - self._age_ms(position, wall_ms, interval_ms))
        return self._oldest_seen[1] + interval_ms

    def _age_ms(self, position: int, wall_ms: int, most_ms: int) -> int:
        try:
            oldest = self.stream.read(position, 1)
        except (CorruptRecord, StorageFailed):
            return most_ms
        return min(most_ms, max(0, wall_ms - oldest[0].ingest_time_ms)) if oldest else 0

    # -- what ----------------------------------------------------------------------------------

    def next_messages(self) -> tuple[Message, ...]:
        """The messages of the next batch; empty when there was nothing but damaged or oversized ones."""
        limits = limits_of(self.config)
        size = batch_size_of(self.config)
        count = min(size, self.batch_limit or limits.messages)
        if self.refused:
            return self._read_refused(count)
        position = self.progress.position
        # All that makes this batch is due, also what one request has no room for.
        self.owed_until = max(
            self.owed_until, min(position + size, self.stream.newest_sequence_number + 1)
        )
        try:
            found = self.stream.read(position, count, limits.request_bytes)
        except CorruptRecord as damage:
            self._warn(f"{damage} and are not exported")
            self.progress.position = damage.end
            return ()
        return self._within(found, limits)

    def _read_refused(self, count: int) -> tuple[Message, ...]:
        found: list[Message] = []
        gone: set[int] = set()
        for number in self.refused:
            message = self._read_one(number)
            if message is None:
                gone.add(number)
            else:
                found.append(message)
            if len(found) == count:
                break
        self.refused = tuple(number for number in self.refused if number not in gone)
        self._move()
        return tuple(found)

    def _read_one(self, number: int) -> Message | None:
        """The message of this number, or None if it is gone or damaged."""
        try:
            found = self.stream.read(number, 1)
        except CorruptRecord as damage:
            self._warn(f"{damage} and are not exported")
            return None
        return found[0] if found and found[0].sequence_number == number else None

    def _within(self, messages: list[Message], limits: RequestLimits) -> tuple[Message, ...]:
        taken: list[Message] = []
        size = 0
        for message in messages:
            if len(message.payload) > limits.message_bytes:
                if not taken:
                    self._skip_oversized(message, limits)
                break
            size += len(message.payload) + limits.message_overhead_bytes
            if taken and size > limits.request_bytes:
                break
            taken.append(message)
        return tuple(taken)

    def _skip_oversized(self, message: Message, limits: RequestLimits) -> None:
        self.error = (
            f"message {message.sequence_number} has {len(message.payload)} bytes, the destination takes "
            f"{limits.message_bytes}: skipped"
        )
        self._warn(self.error)
        self.progress.position = message.sequence_number + 1
        self.progress.exported_messages += 1

    def give_up(self, message: Message) -> None:
        """Pass over a message that is not to be sent any more; nothing is under way."""
        self.taken_until = max(self.taken_until, message.sequence_number + 1)
        self.refused = tuple(each for each in self.refused if each > message.sequence_number)
        self._move()
        self._count(message, taken=False)

    def send(self, batch: Batch, order: int) -> None:
        """Note that a batch is on its way."""
        self.sending = batch
        self.sent_order = order

    def restart(self, position: int, generation: int) -> None:
        """Begin again at another position; the batch under way is waited for, its result does not count."""
        self.generation = generation
        self.progress.position = position
        self.refused = ()
        self.owed_until = self.taken_until = 0
        self.let_go(0)

    def let_go(self, now_ms: int) -> None:
        """End the wait after a failure; the next failure waits as if nothing had been between."""
        self.not_before_ms = min(self.not_before_ms, now_ms)

    def postpone(self, reason: str, now_ms: int) -> None:
        """Back off since the messages could not even be read."""
        self.error = reason
        self.backoff = self.backoff.failed()
        self.not_before_ms = now_ms + self.backoff.wait_ms

    # -- what became of it ---------------------------------------------------------------------

    def settle(self, result: SinkResult, *, now_ms: int, wall_ms: int) -> None:
        """Take the sink's word on the batch under way."""
        batch, self.sending = self.sending, None
        assert batch is not None, "a batch is settled once"
        if batch.generation != self.generation:
            return
        self.progress.last_attempt_ms = wall_ms
        self.transport_failed = isinstance(result, Failed) and result.transport
        if isinstance(result, Delivered):
            self._delivered(batch, result)
        else:
            self._failed(batch, result)
        self.not_before_ms = now_ms + self.backoff.wait_ms

    def _failed(self, batch: Batch, result: Failed) -> None:
        self.error = result.reason
        self.backoff = self.backoff.failed()
        if result.doubtful:
            self.batch_limit = max(1, len(batch.messages) // 2)

    def _delivered(self, batch: Batch, result: Delivered) -> None:
        skipped = dict(result.skipped)
        refused = set(result.refused)
        for index, message in enumerate(batch.messages):
            if index not in refused:
                self._count(message, taken=index not in skipped)
        for index, reason in result.skipped:
            self._warn(f"message {batch.messages[index].sequence_number} is skipped: {reason}")
        self.refused = self._still_refused(batch, refused)
        self.taken_until = max(self.taken_until, batch.messages[-1].sequence_number + 1)
        self._move()
        self.trusted = False
        if refused:
            self.error = result.reason
            self.backoff = self.backoff.failed()
        else:
            self.error = "; ".join(sorted(set(skipped.values())))
            self.backoff = self.backoff.succeeded()
            self._grow()

    def _still_refused(self, batch: Batch, indexes: set[int]) -> tuple[int, ...]:
        """What was refused now, and what was refused before and not in this batch."""
        sent = [message.sequence_number for message in batch.messages]
        return tuple(sorted({sent[index] for index in indexes} | (set(self.refused) - set(sent))))

    def _count(self, message: Message, *, taken: bool) -> None:
        self.progress.exported_messages += 1
        if taken:
            self.progress.exported_bytes += len(message.payload)
            self.progress.last_exported = max(self.progress.last_exported, message.sequence_number)

    def _move(self) -> None:
        """Move over the contiguous run that is done: to the first refused message, or behind all that was taken."""
        done = self.refused[0] if self.refused else self.taken_until
        self.progress.position = max(self.progress.position, done)

    def _grow(self) -> None:
        if self.batch_limit is not None:
            self.batch_limit *= 2
            if self.batch_limit >= batch_size_of(self.config):
                self.batch_limit = None

    def status(self) -> ExportStatus:
        """What describe tells of it."""
        progress = self.progress
        return ExportStatus(
            identifier=self.config.identifier,
            last_exported_sequence_number=progress.last_exported,
            last_export_time_ms=progress.last_attempt_ms,
            error_message=self.error,
            exported_bytes=progress.exported_bytes,
            exported_messages=progress.exported_messages,
        )
