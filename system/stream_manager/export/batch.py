"""Batches, what a sink says of them, and the limits of the destinations' requests."""

from dataclasses import dataclass
from typing import TypeAlias

from system.wire.definitions import (
    ExporterConfig,
    IoTAnalyticsConfig,
    IoTSiteWiseConfig,
    KinesisConfig,
    S3ExportTaskExecutorConfig,
)
from system.wire.messages import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Messages on their way to one destination.

    Attributes:
        id: of this attempt.
        exporter: key of the exporter: stream and identifier.
        generation: of the exporter when it was sent; an older one's result is of no interest any more.
        messages: in order; not necessarily consecutive, when it repeats what was refused.
    """

    id: int
    exporter: tuple[str, str]
    generation: int
    config: ExporterConfig
    messages: tuple[Message, ...]

    @property
    def payload_bytes(self) -> int:
        """Bytes of all payloads."""
        return sum(len(message.payload) for message in self.messages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The destination answered, and its answer speaks of every message.

    Attributes:
        refused: indexes of the messages that it did not take this time; they are sent again.
        skipped: index and reason of those that it will never take.
        reason: why some were refused.
        note: what became of the messages, where that can be told.
        sent_bytes: that were sent beside the payloads, which a task only names.
        warnings: what went wrong and does not concern the messages.
    """

    refused: tuple[int, ...] = ()
    skipped: tuple[tuple[int, str], ...] = ()
    reason: str = ""
    note: str = ""
    sent_bytes: int = 0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The destination did not take the batch, or nobody knows whether it did: all of it is sent again.

    Attributes:
        transport: the link failed, not the destination; the next success of any exporter ends the wait.
        doubtful: it may have been stored: a time-out, an answer cut short. The next batch is half as large, since a
            slow link that can never carry a whole one would otherwise carry nothing.
        warnings: what went wrong besides.
    """

    reason: str
    transport: bool = False
    doubtful: bool = False
    warnings: tuple[str, ...] = ()


SinkResult: TypeAlias = Delivered | Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLimits:
    """What one request to a destination may hold.

    Attributes:
        messages: default and largest number of messages.
        request_bytes: payloads of a request, with `message_overhead_bytes` for each message.
        message_bytes: one payload; a larger one will never be taken.
    """

    messages: int
    request_bytes: int = 16 * 1024 * 1024
    message_bytes: int = 1 << 30
    message_overhead_bytes: int = 0


# PutRecords: 500 records, 5 MiB with keys, 1 MiB a record with its key (a UUID of 36 characters).
_KINESIS = RequestLimits(
    messages=500,
    request_bytes=5 * 1024 * 1024,
    message_bytes=1024 * 1024 - 36,
    message_overhead_bytes=36,
)
# BatchPutMessage: 100 messages of 128 KiB.
_IOT_ANALYTICS = RequestLimits(messages=100, message_bytes=128 * 1024)
_SITEWISE = RequestLimits(messages=10)
# A message is a task; they are run in their order.
_S3 = RequestLimits(messages=1)
_OTHER = RequestLimits(messages=500)


def limits_of(config: ExporterConfig) -> RequestLimits:
    """The limits of the destination of `config`."""
    match config:
        case KinesisConfig():
            return _KINESIS
        case IoTAnalyticsConfig():
            return _IOT_ANALYTICS
        case IoTSiteWiseConfig():
            return _SITEWISE
        case S3ExportTaskExecutorConfig():
            return _S3
        case _:
            return _OTHER


def batch_size_of(config: ExporterConfig) -> int:
    """Messages that make a batch."""
    limit = limits_of(config).messages
    return limit if config.batch_size is None else min(config.batch_size, limit)
