"""What a request asks a cloud service to keep, and what the answer says of it.

Kinesis speaks JSON 1.1 with botocore, CBOR with other SDKs; IoT Analytics and IoT SiteWise speak JSON over REST.
"""

import base64
import gzip
import json
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import cbor2

from harness.taps.payload import digest
from harness.taps.property_values import EVERY_PROPERTY

PUT_SERVICES = frozenset({"kinesis", "iotanalytics", "iotsitewise"})
"""The services whose requests are looked into."""

BATCH_PUT_MESSAGE = "POST /messages/batch"
BATCH_PUT_VALUES = "POST /properties"
ERROR_CHARACTERS_MAX = 300
NEVER_TAKEN = frozenset({"InvalidRequestException", "TimestampOutOfRangeException"})
"""What IoT SiteWise says of an entry that no later attempt makes it take."""

_ANALYTICS_ERRORS = "batchPutMessageErrorEntries"


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """A request to keep messages.

    Attributes:
        target: name of the data stream or channel.
        payloads: decoded, in their order.
        message_ids: of IoT Analytics and IoT SiteWise, whose answers name messages by them.
    """

    operation: str
    target: str
    payloads: list[bytes]
    message_ids: list[str] = field(default_factory=list)

    def fields(self) -> dict[str, Any]:
        """What its line tells."""
        sizes = [len(payload) for payload in self.payloads]
        hashes = [digest(payload) for payload in self.payloads]
        return {"target": self.target, "hashes": hashes, "sizes": sizes, "bytes": sum(sizes)}


@dataclass(eq=False)
class Doubtful(Exception):
    """A success that does not say what became of each message.

    Attributes:
        reason: what is wrong with it.
    """

    reason: str

    def __str__(self) -> str:
        return self.reason


def operation_of(method: str, path: str, headers: Mapping[str, str]) -> str:
    """The name of the called operation; method and path where the protocol has no name in the request."""
    if target := headers.get("X-Amz-Target"):
        return target.rpartition(".")[2]
    path = path.partition("?")[0]
    if "/operation/" in path:
        return path.rpartition("/")[2]
    return f"{method} {path}"


def plain(headers: Mapping[str, str], body: bytes) -> bytes:
    """A body as it was before compression; as it is, where it cannot be decompressed."""
    try:
        match headers.get("Content-Encoding", "").lower():
            case "gzip":
                return gzip.decompress(body)
            case "deflate":
                return zlib.decompress(body)
    except (OSError, EOFError, zlib.error):
        pass
    return body


def decode(content_type: str, body: bytes) -> Any:
    """The content of a body in either protocol."""
    return cbor2.loads(body) if "cbor" in content_type else json.loads(body)


def recognise(operation: str, content_type: str, body: bytes) -> Put | None:
    """The put that a request is, None for any other request.

    Raises:
        Exception: it is one, but cannot be decoded; of whatever kind the decoders have.
    """
    match operation:
        case "PutRecords":
            values = decode(content_type, body)
            records = [record["Data"] for record in values["Records"]]
        case "PutRecord":
            values = decode(content_type, body)
            records = [values["Data"]]
        case "POST /messages/batch":
            return _batch_put_message(json.loads(body))
        case "POST /properties":
            return _batch_put_values(json.loads(body))
        case _:
            return None
    target = values.get("StreamName") or values["StreamARN"].rpartition("/")[2]
    return Put(operation=operation, target=target, payloads=[_blob(each) for each in records])


def _blob(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else base64.b64decode(value)


def _batch_put_message(values: Mapping[str, Any]) -> Put:
    return Put(
        operation=BATCH_PUT_MESSAGE,
        target=values["channelName"],
        payloads=[_blob(message["payload"]) for message in values["messages"]],
        message_ids=[message["messageId"] for message in values["messages"]],
    )


def _batch_put_values(values: Mapping[str, Any]) -> Put:
    return Put(
        operation=BATCH_PUT_VALUES,
        target=EVERY_PROPERTY,
        payloads=[json.dumps(entry).encode() for entry in values["entries"]],
        message_ids=[entry["entryId"] for entry in values["entries"]],
    )


def rejected(put: Put, content_type: str, answer: bytes) -> list[int]:
    """The places of the messages that a success refuses.

    Raises:
        Doubtful: the answer cannot be decoded or does not speak of each message.
    """
    try:
        values = decode(content_type, answer)
        match put.operation:
            case "PutRecords":
                return _rejected_records(put, values)
            case "PutRecord":
                values["SequenceNumber"]
                return []
        entries = "errorEntries" if put.operation == BATCH_PUT_VALUES else _ANALYTICS_ERRORS
        return _rejected_messages(put, values[entries])
    except Doubtful:
        raise
    except Exception as error:  # whatever a damaged answer does to a decoder
        raise Doubtful(
            f"the answer cannot be understood: {error!r}"[:ERROR_CHARACTERS_MAX]
        ) from error


def _rejected_records(put: Put, values: Mapping[str, Any]) -> list[int]:
    results = values["Records"]
    if len(results) != len(put.payloads):
        raise Doubtful(f"{len(put.payloads)} records were sent, the answer has {len(results)}")
    failed = [place for place, result in enumerate(results) if result.get("ErrorCode")]
    if values["FailedRecordCount"] != len(failed):
        count = values["FailedRecordCount"]
        raise Doubtful(f"FailedRecordCount is {count}, yet {len(failed)} records have an error")
    return failed


def _rejected_messages(put: Put, errors: Sequence[Mapping[str, Any]]) -> list[int]:
    name = "entryId" if put.operation == BATCH_PUT_VALUES else "messageId"
    refused = {entry[name] for entry in errors}
    places = [place for place, each in enumerate(put.message_ids) if each in refused]
    if len(places) != len(refused):
        raise Doubtful(f"{len(refused)} ids are refused, which name {len(places)} messages")
    return places


def refused_for_good(put: Put, content_type: str, answer: bytes) -> list[int]:
    """The places of the messages that an understood success refuses and that will never be taken.

    Only IoT SiteWise says so: its entries are refused for what is in them.
    """
    if put.operation != BATCH_PUT_VALUES:
        return []
    with suppress(AttributeError, TypeError):
        found = decode(content_type, answer)["errorEntries"]
        never = {each["entryId"] for each in found if NEVER_TAKEN.issuperset(_codes(each))}
        return [place for place, each in enumerate(put.message_ids) if each in never]
    return []


def _codes(entry: Mapping[str, Any]) -> set[str]:
    return {str(error.get("errorCode")) for error in entry.get("errors") or [{}]}


def refuses_for_good(put: Put, error: str) -> bool:
    """Whether a request of one message was refused as a whole for what is in it.

    Args:
        error: as `error_of` has it.
    """
    alone = put.operation == BATCH_PUT_VALUES and len(put.payloads) == 1
    return alone and error.partition(":")[0] in NEVER_TAKEN


def error_of(headers: Mapping[str, str], content_type: str, answer: bytes) -> str:
    """What the cloud says went wrong, as far as it can be understood."""
    kind = headers.get("x-amzn-errortype", "")
    text = answer[:ERROR_CHARACTERS_MAX].decode(errors="replace")
    try:
        values = decode(content_type, answer)
        kind = kind or values.get("__type") or values.get("code") or ""
        text = values.get("message") or values.get("Message") or text
    except Exception:  # it may be HTML, or cut short
        pass
    return f"{kind}: {text}"[:ERROR_CHARACTERS_MAX] if kind else str(text)
