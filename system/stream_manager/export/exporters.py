"""All exporters of a server: they follow the definitions of their streams and share a pool of batches under way.

A cursor is stored once messages are delivered, and only after the log that it covers was synced: after a power cut no
cursor points behind the end of its stream, where numbers would be given a second time to other messages. One that does
(a store copied in parts) is set back to the end.

A link that failed for one exporter failed for its neighbours too, mostly. So the first success after a transport
failure ends the wait of every exporter that waits because of one. An exporter whose own service stays unreachable is
let go once; it then keeps its back-off until an exporter recovers that had failed like it.
"""

from collections.abc import Collection
from itertools import chain

from system.clock import Clock
from system.filesystem import FileSystem
from system.stream_manager.errors import StorageFailed
from system.stream_manager.export import progress as stored
from system.stream_manager.export.backoff import Backoff
from system.stream_manager.export.bandwidth import Bandwidth
from system.stream_manager.export.batch import Batch, Delivered, SinkResult
from system.stream_manager.export.exporter import Exporter, Progress
from system.stream_manager.export.schedule import Schedule
from system.stream_manager.export.tasks import Report, TaskReports
from system.stream_manager.operator import Log
from system.stream_manager.stream import Stream
from system.wire.definitions import ExporterConfig
from system.wire.messages import ExportStatus, Message
from system.wire.operations import Persistence

STORE_AGAIN_MS = 1000
"""How long to wait after a cursor could not be stored."""


class Exporters:
    """See the module.

    Args:
        filesystem: the disk that the streams are on.
        pool_size: batches that may be under way at once.
        backoff_cap_ms: longest wait after failures.
        log: what an operator should see.
        max_bandwidth_kbit_per_s: of all exports together, on average; 0: no bound.
        schedule: who goes first.
        make: makes an exporter.
    """

    def __init__(
        self,
        filesystem: FileSystem,
        *,
        clock: Clock,
        pool_size: int,
        backoff_cap_ms: int,
        log: Log,
        max_bandwidth_kbit_per_s: int = 0,
        schedule: Schedule | None = None,
        make: type[Exporter] = Exporter,
    ) -> None:
        self._filesystem = filesystem
        self._clock = clock
        self._pool_size = pool_size
        self._backoff = Backoff(cap_ms=backoff_cap_ms)
        self._log = log
        self._bandwidth = Bandwidth(max_bandwidth_kbit_per_s)
        self._schedule = schedule or Schedule()
        self._make = make
        self._streams: dict[str, tuple[Stream, str]] = {}
        # By stream and identifier, in the order of the definition.
        self._exporters: dict[str, dict[str, Exporter]] = {}
        self._under_way: set[int] = set()
        self._made = self._sent = self._through = 0
        self._unstored: set[str] = set()
        self._store_at_ms = 0
        self._unreviewed: set[str] = set()
        self.reports = TaskReports(clock)
        self.stopped = False

    # -- following the definitions ---------------------------------------------------------------

    def open(self, stream: Stream, folder: str) -> None:
        """Begin with a stream, where its exporters were when they were stored last."""
        self._streams[stream.name] = stream, folder
        if stream.definition.persistence is Persistence.MEMORY:
            self.define(stream)
            return
        found = stored.load(self._filesystem, folder, self._log.warning)
        for config in stream.definition.export_definition:
            if config.identifier in found:
                self._begin(stream, config, self._clamped(stream, found[config.identifier]))
        self.define(stream)

    def _clamped(self, stream: Stream, progress: Progress) -> Progress:
        end = stream.newest_sequence_number + 1
        # An exporter that waits for a start which is yet to come stands behind the end lawfully.
        if progress.position > end and progress.position != progress.started_at:
            self._log.warning(
                f"{stream.name}: a cursor at {progress.position} is behind the end and set back to {end}"
            )
            progress.position = end
            progress.last_exported = min(progress.last_exported, end - 1)
        return progress

    def define(self, stream: Stream) -> None:
        """Bring the exporters in line with the definition: by identifier, they are kept, changed, made or removed."""
        before = self._exporters.pop(stream.name, {})
        for config in stream.definition.export_definition:
            exporter = before.pop(config.identifier, None)
            if exporter is None:
                start = config.start_sequence_number
                position = max(start or 0, stream.oldest_sequence_number)
                self._begin(stream, config, Progress(position=position, started_at=start))
            else:
                self._exporters.setdefault(stream.name, {})[config.identifier] = exporter
                self._change(exporter, config)
        for gone in before.values():
            self.reports.add(self._farewell(gone))
            self._forget(gone)
        self._unstored.add(stream.name)
        self._unreviewed.add(stream.name)

    def _begin(self, stream: Stream, config: ExporterConfig, progress: Progress) -> None:
        self._made += 1
        exporter = self._make(stream, config, progress, self._backoff, self._made)
        self._exporters.setdefault(stream.name, {})[config.identifier] = exporter

    def _change(self, exporter: Exporter, config: ExporterConfig) -> None:
        if exporter.config != config:
            exporter.config = config
            exporter.backoff = self._backoff
            exporter.let_go(self._clock.monotonic_ms())
        start, before = config.start_sequence_number, exporter.progress.started_at
        exporter.progress.started_at = start
        # A client that describes and updates sends the stored value back, and must not rewind by that.
        if start is not None and start != (before or 0):
            self._made += 1
            oldest = exporter.stream.oldest_sequence_number
            exporter.restart(max(start, oldest), self._made)

    def farewell(self, name: str) -> list[Report]:
        """What status streams are to be told once a stream is gone; asked while it is there."""
        return [report for exporter in self._of(name) for report in self._farewell(exporter)]

    def _farewell(self, exporter: Exporter) -> list[Report]:
        reports, untold = self.reports.farewell(exporter)
        if untold:
            name = f"{exporter.stream.name}/{exporter.config.identifier}"
            self._log.warning(f"{name}: {untold} more tasks are canceled without a status")
        return reports

    def _forget(self, exporter: Exporter) -> None:
        self._schedule.forget(exporter.key)
        self.reports.forget(exporter.key)

    def drop(self, name: str) -> None:
        """A stream is gone; what is under way is not waited for."""
        for exporter in self._exporters.pop(name, {}).values():
            self._forget(exporter)
        self._streams.pop(name, None)
        self._unstored.discard(name)
        self._unreviewed.discard(name)

    def _of(self, name: str) -> Collection[Exporter]:
        return self._exporters.get(name, {}).values()

    def statuses(self, name: str) -> tuple[ExportStatus, ...]:
        """What describe tells of the exporters of a stream, in the order of its definition."""
        return tuple(exporter.status() for exporter in self._of(name))

    def cancel_expired(self, stream: Stream) -> None:
        """Messages of a stream may be about to go since they are too old."""
        for exporter in self._of(stream.name):
            self.reports.cancel_expired(exporter)

    def touch(self, name: str) -> None:
        """A stream got messages, or lost some."""
        self._unreviewed.add(name)

    # -- sending ---------------------------------------------------------------------------------

    def due(self) -> list[Batch]:
        """The batches that have to be sent now; they count as under way."""
        for name in self._unreviewed:
            for exporter in self._of(name):
                self._review(exporter)
        self._unreviewed.clear()
        batches: list[Batch] = []
        now_ms = self._clock.monotonic_ms()
        while self._has_room() and self._bandwidth.free_at_ms() <= now_ms:
            ready = self._schedule.next_ready(now_ms)
            if ready is None:
                break
            batches += self._send(ready, now_ms)
            self._review(ready)
        return batches

    def _has_room(self) -> bool:
        return not self.stopped and len(self._under_way) < self._pool_size

    def _send(self, exporter: Exporter, now_ms: int) -> list[Batch]:
        messages = self._messages(exporter, now_ms)
        self._drain_warnings(exporter)
        if not messages:
            return []
        self._sent += 1
        batch = Batch(
            id=self._sent,
            exporter=exporter.key,
            generation=exporter.generation,
            config=exporter.config,
            messages=messages,
        )
        exporter.send(batch, self._sent)
        self._under_way.add(batch.id)
        self._bandwidth.spend(batch.payload_bytes, now_ms)
        self.reports.begun(exporter, batch)
        return [batch]

    def _messages(self, exporter: Exporter, now_ms: int) -> tuple[Message, ...]:
        try:
            return self.reports.still_wanted(exporter, exporter.next_messages())
        except StorageFailed as error:
            exporter.postpone(str(error), now_ms)
            self._log.warning(f"{exporter.stream.name}/{exporter.config.identifier}: {error}")
            return ()

    def _review(self, exporter: Exporter) -> None:
        now_ms, wall_ms = self._clock.monotonic_ms(), self._clock.wall_ms()
        self._schedule.review(exporter, now_ms, wall_ms)
        self._drain_warnings(exporter)

    def _drain_warnings(self, exporter: Exporter) -> None:
        for sentence in exporter.warnings:
            self._log.warning(sentence)
        exporter.warnings.clear()

    def next_at_ms(self) -> int | None:
        """When `due` has to be asked next if nothing happens before: an answer of a sink is something."""
        moments = [self._store_at_ms] if self._unstored else []
        due_at_ms = self._schedule.next_at_ms() if self._has_room() else None
        if due_at_ms is not None:
            moments.append(max(due_at_ms, self._bandwidth.free_at_ms()))
        return min(moments, default=None)

    @property
    def under_way(self) -> int:
        """Batches that no sink has answered yet."""
        return len(self._under_way)

    # -- what became of it -----------------------------------------------------------------------

    def settle(self, batch: Batch, result: SinkResult) -> None:
        """Take the word of a sink on a batch; of an exporter that is no more it only frees the place in the pool."""
        self._under_way.discard(batch.id)
        name, identifier = batch.exporter
        exporter = self._exporters.get(name, {}).get(identifier)
        if exporter is None or exporter.sending is None or exporter.sending.id != batch.id:
            return
        before, had_failed = exporter.error, exporter.transport_failed
        now_ms = self._clock.monotonic_ms()
        exporter.settle(result, now_ms=now_ms, wall_ms=self._clock.wall_ms())
        self.reports.settled(exporter, batch, result)
        if isinstance(result, Delivered):
            self._bandwidth.spend(result.sent_bytes, now_ms)
            self._unstored.add(exporter.stream.name)
            self._got_through(exporter, had_failed, now_ms)
        elif result.transport and exporter.sent_order <= self._through:
            self._trust(exporter, now_ms)
        self._tell(exporter, before, now_ms)
        self._review(exporter)

    def _got_through(self, exporter: Exporter, had_failed: bool, now_ms: int) -> None:
        self._through = self._sent
        for other in chain.from_iterable(map(self._of, self._exporters)):
            if other is not exporter and other.transport_failed and other.sending is None:
                self._trust(other, now_ms, again=had_failed)

    def _trust(self, exporter: Exporter, now_ms: int, *, again: bool = False) -> None:
        """Let one go that waits for the link, since the link seems to work: once, or if the link really came back."""
        if again or not exporter.trusted:
            exporter.trusted = True
            exporter.let_go(now_ms)
            self._unreviewed.add(exporter.stream.name)

    def _tell(self, exporter: Exporter, before: str, now_ms: int) -> None:
        name = f"{exporter.stream.name}/{exporter.config.identifier}"
        wait_ms = exporter.not_before_ms - now_ms
        if exporter.backoff.failures and exporter.error != before:
            self._log.warning(f"{name}: {exporter.error}; tried again in {wait_ms / 1000:g} s")
        elif before and not exporter.error:
            self._log.info(f"{name}: delivers again")
        self._drain_warnings(exporter)

    # -- storing ---------------------------------------------------------------------------------

    def store(self, *, last: bool = False) -> None:
        """Store what moved.

        Args:
            last: nothing follows, so wait for the disk.
        """
        now_ms = self._clock.monotonic_ms()
        if not self._unstored or (now_ms < self._store_at_ms and not last):
            return
        for name in list(self._unstored):
            try:
                self._store(name, durable=last)
                self._unstored.discard(name)
            except (OSError, StorageFailed) as error:
                self._store_at_ms = now_ms + STORE_AGAIN_MS
                self._log.warning(f"{name}: the cursors of its exporters are not stored: {error}")

    def _store(self, name: str, *, durable: bool) -> None:
        stream, folder = self._streams[name]
        if stream.definition.persistence is Persistence.MEMORY:
            return
        stream.sync()
        progress = {each.config.identifier: each.progress for each in self._of(name)}
        stored.save(self._filesystem, folder, progress, durable=durable)
