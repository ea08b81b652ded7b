"""Requests and answers as values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from system.wire.definitions import MessageStreamDefinition, definition_to_map, read_definition
from system.wire.fields import INT32_MAX, INT64_MAX, Fields, is_name
from system.wire.operations import Operation, StatusCode

READ_TIMEOUT_MS_MAX = 9_223_372_036_854


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a stream; `ingest_time_ms` is the server's clock at the append, epoch milliseconds."""

    stream_name: str
    sequence_number: int
    ingest_time_ms: int
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportStatus:
    """How far one exporter is.

    Attributes:
        last_exported_sequence_number: -1 before the first success.
        last_export_time_ms: of the last attempt, successful or not; None before the first.
        error_message: why the last attempt failed; empty if it did not.
    """

    identifier: str
    last_exported_sequence_number: int = -1
    last_export_time_ms: int | None = None
    error_message: str = ""
    exported_bytes: int = 0
    exported_messages: int = 0

    def to_map(self, protocol_version: str) -> dict[str, Any]:
        """As it travels; protocol 1.0.0 has no counters."""
        values: dict[str, Any] = {
            "exportConfigIdentifier": self.identifier,
            "lastExportedSequenceNumber": self.last_exported_sequence_number,
            "errorMessage": self.error_message,
        }
        if self.last_export_time_ms is not None:
            values["lastExportTime"] = self.last_export_time_ms
        if protocol_version != "1.0.0":
            values["exportedBytesFromStream"] = self.exported_bytes
            values["exportedMessagesCount"] = self.exported_messages
        return values


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageStreamInfo:
    """What describe tells."""

    definition: MessageStreamDefinition
    oldest_sequence_number: int
    newest_sequence_number: int
    total_bytes: int
    export_statuses: tuple[ExportStatus, ...] = ()

    def to_map(self, protocol_version: str) -> dict[str, Any]:
        """As it travels."""
        definition = definition_to_map(self.definition)
        if protocol_version == "1.0.0":
            definition["exportDefinition"] = _of_1_0(definition["exportDefinition"])
        return {
            "definition": definition,
            "storageStatus": {
                "oldestSequenceNumber": self.oldest_sequence_number,
                "newestSequenceNumber": self.newest_sequence_number,
                "totalBytes": self.total_bytes,
            },
            "exportStatuses": [each.to_map(protocol_version) for each in self.export_statuses],
        }


def _of_1_0(exports: Mapping[str, Any]) -> dict[str, Any]:
    later = {"startSequenceNumber", "disabled", "exportFormat"}
    return {
        kind: [{k: v for k, v in config.items() if k not in later} for config in exports[kind]]
        for kind in ("http", "iotAnalytics", "kinesis")
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """The first request of a connection."""

    request_id: str
    protocol_version: str
    other_supported_protocol_versions: tuple[str, ...] = ()
    sdk_version: str = ""
    auth_token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateMessageStream:
    """Create a stream."""

    request_id: str
    definition: MessageStreamDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateMessageStream:
    """Replace a stream's definition."""

    request_id: str
    definition: MessageStreamDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteMessageStream:
    """Delete a stream and its data."""

    request_id: str
    name: str


class AppendMessage(NamedTuple):
    """Append one message. There are many of them: a tuple is made three times as fast as a frozen dataclass."""

    request_id: str
    name: str
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMessages:
    """Read messages, waiting for enough of them if asked to."""

    request_id: str
    stream_name: str
    desired_start_sequence_number: int = 0
    min_message_count: int = 1
    max_message_count: int = 1
    read_timeout_millis: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListStreams:
    """List the names of all streams."""

    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeMessageStream:
    """Describe a stream."""

    request_id: str
    name: str


Request: TypeAlias = (
    CreateMessageStream
    | UpdateMessageStream
    | DeleteMessageStream
    | AppendMessage
    | ReadMessages
    | ListStreams
    | DescribeMessageStream
)


class Response(NamedTuple):
    """The answer to one request.

    Attributes:
        operation: of the request that is answered, which tells the operation of the answer.
        values: what the answer carries besides id, status and text, in its form on the wire.
    """

    request_id: str
    operation: Operation
    status: StatusCode = StatusCode.SUCCESS
    error_message: str = ""
    values: Mapping[str, Any] | None = None

    def to_map(self) -> dict[str, Any]:
        """As it travels: the text is empty on success, as the real server has it."""
        return {
            "requestId": self.request_id,
            "status": int(self.status),
            "errorMessage": self.error_message,
            **(self.values or {}),
        }


def messages_to_maps(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Messages as a read answer carries them."""
    return [
        {
            "streamName": message.stream_name,
            "sequenceNumber": message.sequence_number,
            "ingestTime": message.ingest_time_ms,
            "payload": message.payload,
        }
        for message in messages
    ]


def read_connect(fields: Fields) -> Connect:
    """A connect request; problems are left in `fields`."""
    fields.required("protocolVersion")
    others = fields.values.get("otherSupportedProtocolVersions") or ()
    if not isinstance(others, list | tuple) or not all(isinstance(each, str) for each in others):
        fields.complain("otherSupportedProtocolVersions", "has to be a list of texts")
        others = ()
    return Connect(
        request_id=fields.text("requestId"),
        protocol_version=fields.text("protocolVersion"),
        other_supported_protocol_versions=tuple(others),
        sdk_version=fields.text("sdkVersion"),
        auth_token=fields.text("authToken"),
    )


def _sound_append(values: Mapping[str, Any]) -> AppendMessage | None:
    """The append in a map without any problem: nearly all requests are one, and get by without looking for problems."""
    request_id, name = values.get("requestId"), values.get("name")
    payload = values.get("payload")
    if type(request_id) is type(name) is str and type(payload) is bytes and payload:
        return AppendMessage(request_id, name, payload) if is_name(name) else None
    return None


def _append(fields: Fields) -> AppendMessage:
    payload = fields.values.get("payload")
    if not isinstance(payload, bytes) or not payload:
        fields.complain("payload", "has to be a byte string of at least one byte")
        payload = b""
    return AppendMessage(fields.text("requestId"), fields.name("name"), payload)


def _read(fields: Fields) -> ReadMessages:
    options = fields.map("readMessagesOptions") or Fields({}, "", fields.problems)
    least = options.integer("minMessageCount", 1, INT32_MAX, default=1)
    # Programs in the field ask for a minimum alone and get exactly that many.
    most = options.integer("maxMessageCount", 1, INT32_MAX, default=least)
    if most < least:
        options.complain("maxMessageCount", f"({most}) is less than minMessageCount ({least})")
    return ReadMessages(
        request_id=fields.text("requestId"),
        stream_name=fields.name("streamName"),
        desired_start_sequence_number=options.integer(
            "desiredStartSequenceNumber", 0, INT64_MAX, default=0
        ),
        min_message_count=least,
        max_message_count=most,
        read_timeout_millis=options.integer("readTimeoutMillis", 0, READ_TIMEOUT_MS_MAX, default=0),
    )


def _definition(fields: Fields) -> MessageStreamDefinition:
    fields.required("definition")
    return read_definition(fields.map("definition") or Fields({}, "definition.", []))


_READERS: dict[int, Callable[[Fields], Request]] = {
    Operation.APPEND_MESSAGE: _append,
    Operation.READ_MESSAGES: _read,
    Operation.LIST_STREAMS: lambda f: ListStreams(request_id=f.text("requestId")),
    Operation.CREATE_MESSAGE_STREAM: lambda f: CreateMessageStream(
        request_id=f.text("requestId"), definition=_definition(f)
    ),
    Operation.UPDATE_MESSAGE_STREAM: lambda f: UpdateMessageStream(
        request_id=f.text("requestId"), definition=_definition(f)
    ),
    Operation.DELETE_MESSAGE_STREAM: lambda f: DeleteMessageStream(
        request_id=f.text("requestId"), name=f.name("name")
    ),
    Operation.DESCRIBE_MESSAGE_STREAM: lambda f: DescribeMessageStream(
        request_id=f.text("requestId"), name=f.name("name")
    ),
}


REQUESTS = frozenset(_READERS)
"""The operations that `read_request` reads."""
_APPEND = int(Operation.APPEND_MESSAGE)


def read_request(operation: int, values: Mapping[str, Any]) -> Request:
    """The request in a decoded map.

    Raises:
        InvalidFields: with every problem.
        KeyError: `operation` is no request (Connect has a reader of its own).
    """
    if operation == _APPEND and (append := _sound_append(values)) is not None:
        return append
    fields = Fields(values)
    request = _READERS[operation](fields)
    fields.raise_problems()
    return request
