"""The engine: requests and the sinks' results in, effects out. Single-threaded; it never waits.

A round of the shell is: `handle` for each request that arrived, `settle` for each result, `tick`, then `effects` once.
That call syncs what has to be durable before it is acknowledged, so that all requests of a round share one wait for the
disk (group commit), and only then hands the answers out. Each request is answered exactly once, unless its session was
closed before.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from system.clock import Clock
from system.stream_manager.errors import (
    AnswerTooLarge,
    CorruptRecord,
    MessageTooLarge,
    NotEnoughMessages,
    StatusStreamMissing,
    StorageFailed,
    StreamExists,
    StreamFull,
    StreamManagerError,
    StreamNotFound,
    UpdateNotAllowed,
)
from system.stream_manager.export.batch import Batch, SinkResult
from system.stream_manager.export.exporters import Exporters
from system.stream_manager.operator import Log
from system.stream_manager.reads import WaitingRead, WaitingReads, wait_ms
from system.stream_manager.retention import Retention
from system.stream_manager.session import Session
from system.stream_manager.store import StreamStore
from system.stream_manager.stream import Stream
from system.wire.definitions import MessageStreamDefinition, S3ExportTaskExecutorConfig
from system.wire.messages import (
    AppendMessage,
    CreateMessageStream,
    DeleteMessageStream,
    DescribeMessageStream,
    ListStreams,
    Message,
    MessageStreamInfo,
    ReadMessages,
    Request,
    Response,
    UpdateMessageStream,
    messages_to_maps,
)
from system.wire.operations import Operation, StatusCode

ANSWER_BYTES_MAX = 64 * 1024 * 1024
"""A read's minimum is honoured up to this many bytes of records."""

Values: TypeAlias = Mapping[str, Any]

_SUCCESS = StatusCode.SUCCESS
_STATUS: dict[type[Exception], StatusCode] = {
    StreamExists: StatusCode.INVALID_REQUEST,
    StreamFull: StatusCode.INVALID_REQUEST,
    MessageTooLarge: StatusCode.INVALID_REQUEST,
    StatusStreamMissing: StatusCode.INVALID_REQUEST,
    StreamNotFound: StatusCode.RESOURCE_NOT_FOUND,
    NotEnoughMessages: StatusCode.NOT_ENOUGH_MESSAGES,
    AnswerTooLarge: StatusCode.RESPONSE_PAYLOAD_TOO_LARGE,
    CorruptRecord: StatusCode.MESSAGE_STORE_READ_ERROR,
    UpdateNotAllowed: StatusCode.UPDATE_NOT_ALLOWED,
    StorageFailed: StatusCode.UNKNOWN_FAILURE,
    MemoryError: StatusCode.OUT_OF_MEMORY_ERROR,
}

_OPERATION: dict[type[Request], Operation] = {
    AppendMessage: Operation.APPEND_MESSAGE,
    ReadMessages: Operation.READ_MESSAGES,
    ListStreams: Operation.LIST_STREAMS,
    CreateMessageStream: Operation.CREATE_MESSAGE_STREAM,
    UpdateMessageStream: Operation.UPDATE_MESSAGE_STREAM,
    DeleteMessageStream: Operation.DELETE_MESSAGE_STREAM,
    DescribeMessageStream: Operation.DESCRIBE_MESSAGE_STREAM,
}


class Respond(NamedTuple):
    """Send an answer."""

    session: Session
    response: Response


@dataclass(frozen=True, slots=True)
class PutBatch:
    """Hand a batch to its sink and `settle` what the sink says."""

    batch: Batch


@dataclass(frozen=True, slots=True)
class WakeAt:
    """Call `tick` at this monotonic time at the latest; None: there is nothing to wait for. Always the last effect."""

    at_ms: int | None


Effect: TypeAlias = Respond | PutBatch | WakeAt


class Engine:
    """The stream manager without its sockets, threads and clocks.

    Args:
        store: its streams.
        exporters: of these streams; the engine opens them.
        clock: tells when long polls are over.
        log: what an operator should see.
    """

    def __init__(self, store: StreamStore, exporters: Exporters, *, clock: Clock, log: Log) -> None:
        self._store = store
        self._exporters = exporters
        self._clock = clock
        self._log = log
        self._waiting = WaitingReads()
        self._retention = Retention(clock)
        self._answers: list[Respond] = []
        self._unsynced: dict[str, list[int]] = {}
        self._grown: set[str] = set()
        self._handlers: dict[type[Request], Callable[[Session, Any], Values | None]] = {
            AppendMessage: self._append,
            ReadMessages: self._read,
            ListStreams: self._list,
            CreateMessageStream: self._create,
            UpdateMessageStream: self._update,
            DeleteMessageStream: self._delete,
            DescribeMessageStream: self._describe,
        }
        for stream in store:
            exporters.open(stream, store.folder(stream.name))

    # -- what comes in ---------------------------------------------------------------------------

    def handle(self, session: Session, request: Request) -> None:
        """Take one request; its answer is among the next effects, or among later ones if it waits."""
        try:
            values = self._handlers[type(request)](session, request)
        except Exception as error:
            self._refuse(session, request, error)
        else:
            if values is not None:
                self._answer(session, request, values)

    def settle(self, batch: Batch, result: SinkResult) -> None:
        """Take what a sink says of a batch."""
        self._exporters.settle(batch, result)

    def tick(self) -> None:
        """Look at the clock: time to live, long polls that are over. Batches that are due follow with the effects."""
        for name in self._retention.expire(self._store, self._exporters.cancel_expired):
            self._exporters.touch(name)
        for read in self._waiting.take_overdue(self._clock.monotonic_ms()):
            self._refuse_waiting(read)

    def forget(self, session: Session) -> None:
        """A connection is gone."""
        self._waiting.forget(session)

    def end_waiting(self) -> None:
        """Answer the long polls and send no more batches: the server is about to stop."""
        self._exporters.stopped = True
        for read in self._waiting.take_all():
            self._refuse_waiting(read)

    def close(self) -> None:
        """Store the cursors and close the streams. Nothing may be called after that."""
        self._exporters.store(last=True)
        self._store.close()

    @property
    def batches_under_way(self) -> int:
        """Batches that have not been settled yet."""
        return self._exporters.under_way

    @property
    def waits_for_the_disk(self) -> bool:
        """Whether the next effects make messages durable first, which may take as long as the disk likes."""
        return bool(self._unsynced)

    # -- what goes out ---------------------------------------------------------------------------

    def effects(self) -> list[Effect]:
        """What has to be done now; see the module."""
        batches = self._advance()
        # A batch that leaves may have to be told in a stream, which may make another one due.
        while self._exporters.reports:
            batches += self._advance()
        effects: list[Effect] = [*self._answers, *map(PutBatch, batches)]
        self._answers.clear()
        effects.append(WakeAt(self._wake_at_ms()))
        return effects

    def _advance(self) -> list[Batch]:
        # Status messages go before the cursors that cover their tasks: a crash repeats them and leaves none out.
        self._report()
        self._sync()
        for name in self._grown:
            self._wake(name)
            self._exporters.touch(name)
        self._grown.clear()
        self._exporters.store()
        return self._exporters.due()

    def _report(self) -> None:
        """Append what status streams are to be told."""
        for report in self._exporters.reports.take():
            try:
                stream = self._store.require(report.stream)
                stream.append(report.payload)
            except StreamManagerError as error:
                self._log.warning(f"a status of an S3 task is not told: {error}")
                continue
            self._grown.add(stream.name)
            if stream.definition.flush_on_write:
                self._unsynced.setdefault(stream.name, [])

    def _wake_at_ms(self) -> int | None:
        moments = (
            self._waiting.next_deadline_ms(),
            self._exporters.next_at_ms(),
            self._retention.due_at_ms,
        )
        return min((each for each in moments if each is not None), default=None)

    def _sync(self) -> None:
        for name, places in self._unsynced.items():
            stream = self._store.get(name)
            try:
                if stream is not None:
                    stream.sync()
            except StorageFailed as error:
                self._log.warning(str(error))
                for place in places:
                    self._withdraw(place, error)
        self._unsynced.clear()

    def _withdraw(self, place: int, error: StorageFailed) -> None:
        """Turn an acknowledgement that was not released yet into a failure: nobody knows whether it is durable."""
        before = self._answers[place]
        response = Response(
            request_id=before.response.request_id,
            operation=before.response.operation,
            status=StatusCode.UNKNOWN_FAILURE,
            error_message=str(error),
        )
        self._answers[place] = Respond(before.session, response)

    # -- answers ---------------------------------------------------------------------------------

    def _answer(self, session: Session, request: Request, values: Values) -> None:
        operation = _OPERATION[type(request)]
        response = Response(request.request_id, operation, _SUCCESS, "", values)
        self._answers.append(Respond(session, response))

    def _refuse(self, session: Session, request: Request, error: Exception) -> None:
        status = _STATUS.get(type(error), StatusCode.UNKNOWN_FAILURE)
        if type(request) is UpdateMessageStream and type(error) is StorageFailed:
            status = StatusCode.UPDATE_FAILED
        if not isinstance(error, StreamManagerError):
            self._log.error(f"{type(request).__name__} failed unexpectedly: {error!r}")
        response = Response(
            request_id=request.request_id,
            operation=_OPERATION[type(request)],
            status=status,
            error_message=str(error) or type(error).__name__,
        )
        self._answers.append(Respond(session, response))

    # -- messages --------------------------------------------------------------------------------

    def _append(self, session: Session, request: AppendMessage) -> Values:
        name = request.name
        stream = self._store.require(name)
        number = stream.append(request.payload)
        self._grown.add(name)
        if stream.definition.flush_on_write:
            self._unsynced.setdefault(name, []).append(len(self._answers))
        return {"sequenceNumber": number}

    def _read(self, session: Session, request: ReadMessages) -> Values | None:
        stream = self._store.require(request.stream_name)
        if _enough(stream, request):
            return _messages(stream, request)
        if not request.read_timeout_millis:
            raise _not_enough(stream, request)
        deadline_ms = self._clock.monotonic_ms() + wait_ms(request.read_timeout_millis)
        self._waiting.add(WaitingRead(session, request, deadline_ms))
        return None

    def _wake(self, name: str) -> None:
        """Answer the reads that have waited for what a stream got."""
        stream = self._store.get(name)
        for number, read in self._waiting.of(name) if stream else ():
            if stream and _enough(stream, read.request):
                self._waiting.remove(name, number)
                self.handle(read.session, read.request)

    def _refuse_waiting(self, read: WaitingRead) -> None:
        stream = self._store.require(read.request.stream_name)
        self._refuse(read.session, read.request, _not_enough(stream, read.request))

    # -- streams ---------------------------------------------------------------------------------

    def _create(self, session: Session, request: CreateMessageStream) -> Values:
        definition = request.definition
        if self._store.get(definition.name) is None:
            self._check_status_streams(definition)
        stream = self._store.create(definition)
        self._exporters.open(stream, self._store.folder(stream.name))
        self._retention.look_soon()
        return {}

    def _update(self, session: Session, request: UpdateMessageStream) -> Values:
        stream = self._store.require(request.definition.name)
        self._check_status_streams(request.definition, stream.definition)
        stream.update(request.definition)
        self._exporters.define(stream)
        self._retention.look_soon()
        return {}

    def _check_status_streams(
        self, definition: MessageStreamDefinition, before: MessageStreamDefinition | None = None
    ) -> None:
        """A status stream has to be there, but for configs that do not change: it may be deleted before its user."""
        known = before.export_definition.s3_task_executor if before else ()
        for config in definition.export_definition.s3_task_executor:
            missing = self._missing_status_stream(config)
            if missing and config not in known:
                raise StatusStreamMissing(config.identifier, missing)

    def _missing_status_stream(self, config: S3ExportTaskExecutorConfig) -> str:
        status = config.status_config
        if status is None or self._store.get(status.status_stream_name) is not None:
            return ""
        return status.status_stream_name

    def _delete(self, session: Session, request: DeleteMessageStream) -> Values:
        reports = self._exporters.farewell(request.name)
        self._store.delete(request.name)
        self._exporters.drop(request.name)
        self._exporters.reports.add(reports)
        for read in self._waiting.take_of_stream(request.name):
            self._refuse(read.session, read.request, StreamNotFound(request.name))
        return {}

    def _list(self, session: Session, request: ListStreams) -> Values:
        return {"streams": self._store.names()}

    def _describe(self, session: Session, request: DescribeMessageStream) -> Values:
        stream = self._store.require(request.name)
        info = MessageStreamInfo(
            definition=stream.definition,
            oldest_sequence_number=stream.oldest_sequence_number,
            newest_sequence_number=stream.newest_sequence_number,
            total_bytes=stream.total_bytes,
            export_statuses=self._exporters.statuses(stream.name),
        )
        return {"messageStreamInfo": info.to_map(session.protocol_version)}


def _enough(stream: Stream, request: ReadMessages) -> bool:
    first = max(request.desired_start_sequence_number, stream.oldest_sequence_number)
    return stream.newest_sequence_number + 1 - first >= request.min_message_count


def _not_enough(stream: Stream, request: ReadMessages) -> NotEnoughMessages:
    return NotEnoughMessages(
        beyond_the_end=request.desired_start_sequence_number > stream.newest_sequence_number
    )


def _messages(stream: Stream, request: ReadMessages) -> Values:
    start, least = request.desired_start_sequence_number, request.min_message_count
    found = stream.read(start, request.max_message_count)
    if len(found) < least:
        # What a read usually stops at is less than this one's minimum.
        found = stream.read(start, least, ANSWER_BYTES_MAX)
    if len(found) < least:
        raise _why_too_few(stream, found, least)
    return {"messages": messages_to_maps(found)}


def _why_too_few(stream: Stream, found: list[Message], least: int) -> StreamManagerError:
    """The error of a read that stopped before its minimum: damage, or too many bytes."""
    try:
        stream.read(found[-1].sequence_number + 1, 1)
    except CorruptRecord as damage:
        return damage
    return AnswerTooLarge(stream.name, least, ANSWER_BYTES_MAX)
