"""What the S3 task executor reads from its stream and writes into its status stream: JSON inside of payloads."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from system.wire.fields import Fields, InvalidFields

BUCKET_PATTERN = re.compile(
    r"(?=.{3,63}$)(?!(\d+\.)+\d+$)(([a-z0-9]|[a-z0-9][a-z0-9\-]*[a-z0-9])\.)*"
    r"([a-z0-9]|[a-z0-9][a-z0-9\-]*[a-z0-9])"
)
KEY_PATTERN = re.compile(r"([^\\{ }%`\[\]\"'><~#^?|]|!\{[a-zA-Z]+:[a-zA-Z/]+\})*")
KEY_LETTERS_MAX = 1024
RESERVED_METADATA = "$aws-gg-"


class StatusLevel(IntEnum):
    """How much a status stream is told: a message of a level above the configured one is left out."""

    ERROR = 0
    WARN = 1
    INFO = 2
    DEBUG = 3
    TRACE = 4


class Status(IntEnum):
    """What became of a task. Success, failure and canceled are the last word on it."""

    SUCCESS = 0
    FAILURE = 1
    IN_PROGRESS = 2
    WARNING = 3
    CANCELED = 4


class EventType(IntEnum):
    """What a status message is about."""

    S3_TASK = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Task:
    """Upload a file.

    Attributes:
        input_url: `file:` URL or path of a file on this device.
        key: of the object, placeholders and all.
        user_metadata: kept with the object.
    """

    input_url: str
    bucket: str
    key: str
    user_metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStatus:
    """One message of a status stream.

    Attributes:
        level: how much of a detail it is.
        task: the payload of the task's message.
        stream, sequence_number: where the task is.
        exporter: identifier of the executor.
        text: for people.
        at_ms: epoch milliseconds.
    """

    status: Status
    level: StatusLevel
    task: bytes
    stream: str
    sequence_number: int
    exporter: str
    text: str
    at_ms: int

    def to_payload(self) -> bytes:
        """As it is appended; a task that is none is left out of it, for a client could not read it."""
        context: dict[str, Any] = {
            "exportIdentifier": self.exporter,
            "streamName": self.stream,
            "sequenceNumber": self.sequence_number,
        }
        try:
            read_task(self.task)
            context = {"s3ExportTaskDefinition": json.loads(self.task), **context}
        except InvalidFields:
            pass
        values = {
            "eventType": int(EventType.S3_TASK),
            "statusLevel": int(self.level),
            "status": int(self.status),
            "statusContext": context,
            "message": self.text,
            "timestampEpochMs": self.at_ms,
        }
        return json.dumps(values).encode()


def read_task(payload: bytes) -> S3Task:
    """The task in a payload.

    Raises:
        InvalidFields: with everything that is wrong with it.
    """
    fields = Fields(_json(payload))
    task = S3Task(
        input_url=_matching(fields, "inputUrl", re.compile(r".+")),
        bucket=_matching(fields, "bucket", BUCKET_PATTERN),
        key=_matching(fields, "key", KEY_PATTERN),
        user_metadata=_metadata(fields),
    )
    if len(task.key) > KEY_LETTERS_MAX:
        fields.complain("key", f"has to have at most {KEY_LETTERS_MAX} characters")
    fields.raise_problems()
    return task


def _json(payload: bytes) -> Mapping[str, Any]:
    try:
        values = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise InvalidFields((f"the task is not JSON: {error}",)) from None
    if not isinstance(values, dict):
        raise InvalidFields((f"the task is a JSON {type(values).__name__}, not an object",))
    return values


def _matching(fields: Fields, key: str, pattern: re.Pattern[str]) -> str:
    value = fields.text(key) if fields.required(key) else ""
    if isinstance(fields.values.get(key), str) and not (value and pattern.fullmatch(value)):
        fields.complain(key, f"cannot be {value[:100]!r}")
    return value


def _metadata(fields: Fields) -> dict[str, str]:
    given = fields.map("userMetadata")
    metadata: dict[str, str] = {}
    for key in given.values if given else ():
        assert given is not None
        metadata[key.lower()] = given.text(key)
        if key.lower().startswith(RESERVED_METADATA):
            given.complain(key, "is a reserved name")
    return metadata
