"""What becomes of the tasks of S3 executors, as their status streams are told it.

| status     | level | when                                                                                     |
|------------|-------|------------------------------------------------------------------------------------------|
| InProgress | INFO  | the first attempt begins; again after a restart                                          |
| InProgress | TRACE | another attempt begins                                                                   |
| InProgress | DEBUG | an attempt failed and is made again                                                      |
| Warning    | WARN  | something went wrong that does not concern the object                                    |
| Success    | INFO  | the object is there                                                                      |
| Failure    | ERROR | the task can never succeed                                                               |
| Canceled   | ERROR | the stream or its executor is deleted, or the task's time to live is over, before it ran |

A task gets one of the last three, and nothing after it. A kill at the moment of the last word repeats the task with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from system.clock import Clock
from system.stream_manager.errors import CorruptRecord, StorageFailed
from system.stream_manager.export.batch import Batch, Delivered, SinkResult
from system.stream_manager.export.exporter import Exporter
from system.wire.definitions import S3ExportTaskExecutorConfig, StatusConfig
from system.wire.messages import Message
from system.wire.tasks import Status, StatusLevel, TaskStatus

READ_MESSAGES = 100
CANCELED_MAX = 1000
"""So many tasks of a deleted executor are told to be canceled: it happens while a client waits."""

_EXPIRED = "the time to live was over before the upload"
_EVICTED = "the task was removed from its stream before the upload"


@dataclass(frozen=True, slots=True)
class Report:
    """A message for a status stream."""

    stream: str
    payload: bytes


@dataclass(slots=True)
class _Known:
    """What was told of the tasks of one executor.

    Attributes:
        begun: the number behind the last that was begun.
        canceled: numbers of tasks that are behind the one under way and were canceled meanwhile.
    """

    begun: int = 0
    canceled: range = range(0)


@dataclass(slots=True)
class TaskReports:
    """See the module.

    Args:
        clock: stamps the reports.
    """

    clock: Clock
    _known: dict[tuple[str, str], _Known] = field(default_factory=dict)
    _reports: list[Report] = field(default_factory=list)

    def take(self) -> list[Report]:
        """The reports since the last call, in their order."""
        reports, self._reports = self._reports, []
        return reports

    def add(self, reports: list[Report]) -> None:
        """Add reports that were made before."""
        self._reports += reports

    def __bool__(self) -> bool:
        """Whether there are reports."""
        return bool(self._reports)

    def _of(self, exporter: Exporter) -> _Known:
        return self._known.setdefault(exporter.key, _Known())

    def _tell(
        self, exporter: Exporter, message: Message, status: Status, level: StatusLevel, text: str
    ) -> None:
        report = self._report(exporter, message, status, level, text)
        self._reports += [report] if report else []

    def _report(
        self, exporter: Exporter, message: Message, status: Status, level: StatusLevel, text: str
    ) -> Report | None:
        config = _status_config(exporter)
        if config is None or level > _level(config):
            return None
        told = TaskStatus(
            status=status,
            level=level,
            task=message.payload,
            stream=message.stream_name,
            sequence_number=message.sequence_number,
            exporter=exporter.config.identifier,
            text=text,
            at_ms=self.clock.wall_ms(),
        )
        return Report(config.status_stream_name, told.to_payload())

    # -- running -----------------------------------------------------------------------------------

    def begun(self, exporter: Exporter, batch: Batch) -> None:
        """A batch leaves."""
        if not is_executor(exporter):
            return
        known = self._of(exporter)
        for message in batch.messages:
            first = message.sequence_number >= known.begun
            level = StatusLevel.INFO if first else StatusLevel.TRACE
            text = "the upload begins" if first else "the upload begins again"
            self._tell(exporter, message, Status.IN_PROGRESS, level, text)
            known.begun = max(known.begun, message.sequence_number + 1)

    def settled(self, exporter: Exporter, batch: Batch, result: SinkResult) -> None:
        """A sink has answered, and the exporter has taken it."""
        if not is_executor(exporter):
            return
        for warning in result.warnings:
            self._tell(exporter, batch.messages[0], Status.WARNING, StatusLevel.WARN, warning)
        if isinstance(result, Delivered):
            self._answered(exporter, batch, result)
        else:
            for message in batch.messages:
                self._again(exporter, message, result.reason)

    def _answered(self, exporter: Exporter, batch: Batch, result: Delivered) -> None:
        failures = dict(result.skipped)
        for index, message in enumerate(batch.messages):
            if index in failures:
                level = StatusLevel.ERROR
                self._tell(exporter, message, Status.FAILURE, level, failures[index])
            elif index in result.refused:
                self._again(exporter, message, result.reason)
            else:
                text = result.note or "the task is done"
                self._tell(exporter, message, Status.SUCCESS, StatusLevel.INFO, text)

    def _again(self, exporter: Exporter, message: Message, reason: str) -> None:
        if message.sequence_number < exporter.stream.oldest_sequence_number:
            self._tell(exporter, message, Status.CANCELED, StatusLevel.ERROR, _EVICTED)
        else:
            self._tell(exporter, message, Status.IN_PROGRESS, StatusLevel.DEBUG, reason)

    # -- canceling ---------------------------------------------------------------------------------

    def _expire(self, exporter: Exporter, message: Message) -> None:
        known, number = self._of(exporter), message.sequence_number
        if number not in known.canceled:
            self._tell(exporter, message, Status.CANCELED, StatusLevel.ERROR, _EXPIRED)
        if exporter.sending is None:
            exporter.give_up(message)
        else:
            under_way, before = exporter.sending.messages[-1].sequence_number, known.canceled
            goes_on = before.start > under_way
            known.canceled = range(before.start if goes_on else number, number + 1)

    def still_wanted(
        self, exporter: Exporter, messages: tuple[Message, ...]
    ) -> tuple[Message, ...]:
        """Those messages of the next batch whose time is not over; the others are canceled."""
        if not is_executor(exporter):
            return messages
        wanted = []
        for message in messages:
            if self._is_expired(exporter, message):
                self._expire(exporter, message)
            else:
                wanted.append(message)
        return tuple(wanted)

    def cancel_expired(self, exporter: Exporter) -> None:
        """Cancel tasks whose time is over, before their segments go."""
        if not is_executor(exporter) or exporter.stream.definition.time_to_live_millis is None:
            return
        for message in self._waiting(exporter):
            if not self._is_expired(exporter, message):
                break
            self._expire(exporter, message)

    def _is_expired(self, exporter: Exporter, message: Message) -> bool:
        time_to_live_ms = exporter.stream.definition.time_to_live_millis
        if time_to_live_ms is None:
            return False
        return message.ingest_time_ms + time_to_live_ms < self.clock.wall_ms()

    def _waiting(self, exporter: Exporter) -> Iterator[Message]:
        """The tasks that nothing was told of that ends them, but for one under way."""
        canceled = self._of(exporter).canceled
        begin = 0
        if exporter.sending is not None:
            begin = max(exporter.sending.messages[-1].sequence_number + 1, canceled.stop)
        for message in _read(exporter, begin):
            if message.sequence_number not in canceled:
                yield message

    def farewell(self, exporter: Exporter) -> tuple[list[Report], int]:
        """What is to be told when the executor is no more.

        Returns:
            The reports, and how many tasks are left untold since they are too many.
        """
        if _status_config(exporter) is None:
            return [], 0
        reports: list[Report] = []
        newest = exporter.stream.newest_sequence_number
        under_way = exporter.sending.messages if exporter.sending else ()
        for message in chain(under_way, self._waiting(exporter)):
            if len(reports) == CANCELED_MAX:
                return reports, newest + 1 - message.sequence_number
            why = "the stream or its S3 executor was deleted before the upload"
            report = self._report(exporter, message, Status.CANCELED, StatusLevel.ERROR, why)
            reports += [report] if report else []
        return reports, 0

    def forget(self, key: tuple[str, str]) -> None:
        """An executor is no more."""
        self._known.pop(key, None)


def is_executor(exporter: Exporter) -> bool:
    """Whether the messages of an exporter are tasks."""
    return isinstance(exporter.config, S3ExportTaskExecutorConfig)


def _status_config(exporter: Exporter) -> StatusConfig | None:
    config = exporter.config
    return config.status_config if isinstance(config, S3ExportTaskExecutorConfig) else None


def _level(config: StatusConfig) -> int:
    return StatusLevel.INFO if config.status_level is None else config.status_level


def _read(exporter: Exporter, start: int) -> Iterator[Message]:
    """Messages from max(start, position) on, without the damaged ones."""
    stream = exporter.stream
    start = max(start, exporter.progress.position, stream.oldest_sequence_number)
    while start <= stream.newest_sequence_number:
        try:
            found = stream.read(start, READ_MESSAGES)
        except CorruptRecord as damage:
            start = damage.end
            continue
        except StorageFailed:
            return
        yield from found
        start = found[-1].sequence_number + 1
