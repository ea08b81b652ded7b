"""Numbers of the protocol: operations, status codes and the enumerations inside definitions.

Source: the published schema of the protocol; the tables of all official clients agree.
"""

from enum import IntEnum

PROTOCOL_VERSIONS = ("1.1.0", "1.0.0")
"""Supported protocol versions, the preferred one first."""

CONNECT_VERSION = 1
"""The single byte that precedes the first frame in each direction."""


class Operation(IntEnum):
    """What a frame asks or answers."""

    UNKNOWN = 0
    CONNECT = 1
    CREATE_MESSAGE_STREAM = 2
    DELETE_MESSAGE_STREAM = 3
    APPEND_MESSAGE = 4
    READ_MESSAGES = 5
    CONNECT_RESPONSE = 6
    CREATE_MESSAGE_STREAM_RESPONSE = 7
    DELETE_MESSAGE_STREAM_RESPONSE = 8
    APPEND_MESSAGE_RESPONSE = 9
    READ_MESSAGES_RESPONSE = 10
    LIST_STREAMS = 11
    LIST_STREAMS_RESPONSE = 12
    DESCRIBE_MESSAGE_STREAM = 13
    DESCRIBE_MESSAGE_STREAM_RESPONSE = 14
    UPDATE_MESSAGE_STREAM = 15
    UPDATE_MESSAGE_STREAM_RESPONSE = 16
    UNKNOWN_OPERATION_ERROR = 17


class StatusCode(IntEnum):
    """How a request ended."""

    SUCCESS = 0
    UNKNOWN_FAILURE = 1
    UNAUTHORIZED = 2
    INVALID_REQUEST = 3
    REQUEST_PAYLOAD_TOO_LARGE = 4
    RESOURCE_NOT_FOUND = 5
    SERVER_TIMEOUT = 6
    RESPONSE_PAYLOAD_TOO_LARGE = 7
    UNSUPPORTED_CONNECT_VERSION = 8
    UNEXPECTED_OPERATION = 9
    UNSUPPORTED_PROTOCOL_VERSION = 10
    INVALID_PROTOCOL_VERSION = 11
    FAILED_TO_CONNECT = 12
    NOT_ENOUGH_MESSAGES = 13
    MESSAGE_STORE_READ_ERROR = 14
    OUT_OF_MEMORY_ERROR = 15
    UPDATE_FAILED = 16
    UPDATE_NOT_ALLOWED = 17
    UNKNOWN_OPERATION = 18


class StrategyOnFull(IntEnum):
    """What an append to a full stream does."""

    REJECT_NEW_DATA = 0
    OVERWRITE_OLDEST_DATA = 1


class Persistence(IntEnum):
    """Where a stream keeps its messages."""

    FILE = 0
    MEMORY = 1


class ExportFormat(IntEnum):
    """How the HTTP exporter packs messages."""

    RAW_NOT_BATCHED = 0
    JSON_BATCHED = 1


RESPONSE_TO = {
    Operation.CONNECT: Operation.CONNECT_RESPONSE,
    Operation.CREATE_MESSAGE_STREAM: Operation.CREATE_MESSAGE_STREAM_RESPONSE,
    Operation.DELETE_MESSAGE_STREAM: Operation.DELETE_MESSAGE_STREAM_RESPONSE,
    Operation.APPEND_MESSAGE: Operation.APPEND_MESSAGE_RESPONSE,
    Operation.READ_MESSAGES: Operation.READ_MESSAGES_RESPONSE,
    Operation.LIST_STREAMS: Operation.LIST_STREAMS_RESPONSE,
    Operation.DESCRIBE_MESSAGE_STREAM: Operation.DESCRIBE_MESSAGE_STREAM_RESPONSE,
    Operation.UPDATE_MESSAGE_STREAM: Operation.UPDATE_MESSAGE_STREAM_RESPONSE,
}
"""The operation that answers each request."""

SINCE_1_1 = frozenset({Operation.UPDATE_MESSAGE_STREAM})
"""Requests that a client of protocol 1.0.0 does not have."""
