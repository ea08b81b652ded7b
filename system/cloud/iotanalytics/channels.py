"""Channels: they take messages in, keep each accepted batch as one object, and hand it to their pipelines."""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.api import RequestContext

from system.cloud.iotanalytics import errors
from system.cloud.iotanalytics.pipelines import flow
from system.cloud.iotanalytics.resources import existing, identity, page, times, without_nothing
from system.cloud.iotanalytics.storage import ChannelObjects, has_bucket
from system.cloud.iotanalytics.store import LOCK, AnalyticsStore, Channel, now, store_of
from system.cloud.service import Answer, Handler, Request

BATCH_MESSAGES_MAX = 100
PAYLOAD_BYTES_MAX = 128 * 1024
MESSAGE_ID_LETTERS_MAX = 128
SAMPLE_MESSAGES_MAX = 10
SERVICE_MANAGED: dict[str, Any] = {"serviceManagedS3": {}}
UNLIMITED = {"unlimited": True}


def _checked_storage(context: RequestContext, storage: Mapping[str, Any] | None) -> dict[str, Any]:
    if not storage:
        return SERVICE_MANAGED
    if sum(value is not None for value in storage.values()) != 1:
        raise errors.invalid_request(
            "channelStorage is either serviceManagedS3 or customerManagedS3"
        )
    managed = storage.get("customerManagedS3")
    if managed and not has_bucket(managed["bucket"], context.account_id, context.region):
        raise errors.invalid_request(f"The bucket {managed['bucket']} does not exist")
    return dict(storage)


def create(context: RequestContext, request: Request) -> Answer:
    """Create a channel."""
    channels = store_of(context).channels
    channel = Channel(
        **identity(context, "channel", request),
        settings={
            "channelStorage": _checked_storage(context, request.get("channelStorage")),
            "retentionPeriod": request.get("retentionPeriod") or UNLIMITED,
        },
    )
    ChannelObjects(channel).prepare()
    channels[channel.name] = channel
    return {
        "channelName": channel.name,
        "channelArn": channel.arn,
        "retentionPeriod": channel.settings["retentionPeriod"],
    }


def _existing(context: RequestContext, request: Request) -> Channel:
    return existing(store_of(context).channels, "channel", request)


def describe(context: RequestContext, request: Request) -> Answer:
    """Read a channel, with its size if asked for."""
    channel = _existing(context, request)
    described = {
        "name": channel.name,
        "storage": channel.settings["channelStorage"],
        "arn": channel.arn,
        "status": "ACTIVE",
        "retentionPeriod": channel.settings["retentionPeriod"],
        "lastMessageArrivalTime": channel.last_arrival,
        **times(channel),
    }
    size = {"size": {"estimatedSizeInBytes": float(channel.bytes), "estimatedOn": now()}}
    statistics = size if request.get("includeStatistics") else None
    return without_nothing({"channel": without_nothing(described), "statistics": statistics})


def list_all(context: RequestContext, request: Request) -> Answer:
    """All channels."""
    summaries = [
        without_nothing(
            {
                "channelName": channel.name,
                "channelStorage": channel.settings["channelStorage"],
                "status": "ACTIVE",
                "lastMessageArrivalTime": channel.last_arrival,
                **times(channel),
            }
        )
        for channel in store_of(context).channels.values()
    ]
    return page(summaries, request, "channelSummaries")


def update(context: RequestContext, request: Request) -> Answer:
    """Change storage or retention; what lies in the old storage stays there."""
    channel = _existing(context, request)
    with channel.lock:
        if request.get("channelStorage"):
            storage = _checked_storage(context, request["channelStorage"])
            if storage != channel.settings["channelStorage"]:
                channel.settings["channelStorage"], channel.next_object = storage, None
                ChannelObjects(channel).prepare()
        if request.get("retentionPeriod"):
            channel.settings["retentionPeriod"] = request["retentionPeriod"]
        channel.updated = now()
    return {}


def delete(context: RequestContext, request: Request) -> Answer:
    """Delete a channel, and its messages unless they lie in a customer's bucket."""
    channel = _existing(context, request)
    del store_of(context).channels[channel.name]
    with channel.lock:
        ChannelObjects(channel).remove()
    return {}


def refusals(messages: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str] | None]:
    """For each message of a batch the code and the sentence that refuse it; None for one that is accepted."""
    seen: set[str] = set()
    for message in messages:
        name, payload = message.get("messageId") or "", message.get("payload") or b""
        if not name or not name.isascii() or len(name) > MESSAGE_ID_LETTERS_MAX:
            yield (
                "InvalidMessageId",
                f"messageId must be 1 to {MESSAGE_ID_LETTERS_MAX} ASCII characters",
            )
        elif name in seen:
            yield "DuplicateMessageId", "messageId must be unique within a batch"
        elif not payload:
            yield "InvalidPayload", "payload must not be empty"
        elif len(payload) > PAYLOAD_BYTES_MAX:
            yield "PayloadTooLarge", f"payload must be at most {PAYLOAD_BYTES_MAX} bytes"
        else:
            yield None
        seen.add(name)


def batch_put(context: RequestContext, request: Request) -> Answer:
    """Store a batch: its good messages, before the answer; the answer names the others."""
    store = store_of(context)
    with LOCK:
        channel = _existing(context, request)
    messages = request["messages"]
    if not 1 <= len(messages) <= BATCH_MESSAGES_MAX:
        raise errors.invalid_request(f"A batch has 1 to {BATCH_MESSAGES_MAX} messages")
    verdicts = list(zip(messages, refusals(messages), strict=True))
    accepted = [message for message, refusal in verdicts if refusal is None]
    if accepted:
        _keep(store, channel, accepted)
    entries = [
        {
            "messageId": message.get("messageId") or "",
            "errorCode": refusal[0],
            "errorMessage": refusal[1],
        }
        for message, refusal in verdicts
        if refusal is not None
    ]
    return {"batchPutMessageErrorEntries": entries}


def _keep(store: AnalyticsStore, channel: Channel, messages: list[Mapping[str, Any]]) -> None:
    with channel.lock:
        arrived = now()
        try:
            ChannelObjects(channel).put(_lines(messages, arrived))
        except ClientError as error:
            raise errors.internal_failure(f"The batch could not be stored: {error}") from error
        channel.last_arrival = arrived
        channel.bytes += sum(len(message["payload"]) for message in messages)
        flow(store, channel.name, [message["payload"] for message in messages], arrived)


def _lines(messages: Iterable[Mapping[str, Any]], arrived: datetime) -> bytes:
    received = int(arrived.timestamp() * 1000)
    lines = (
        json.dumps(
            {
                "messageId": message["messageId"],
                "payload": base64.b64encode(message["payload"]).decode(),
                "receivedAt": received,
            }
        )
        for message in messages
    )
    return "".join(f"{line}\n" for line in lines).encode()


def sample(context: RequestContext, request: Request) -> Answer:
    """Up to ten of the newest messages, from a span of time if asked for."""
    with LOCK:
        channel = _existing(context, request)
    most = request.get("maxMessages") or SAMPLE_MESSAGES_MAX
    begin, end = request.get("startTime"), request.get("endTime")
    if begin and end and begin >= end:
        raise errors.invalid_request("startTime must be before endTime")
    found: list[bytes] = []
    for arrived, payload in _newest_first(ChannelObjects(channel)):
        if (begin and arrived < begin) or len(found) == most:
            break
        if not end or arrived < end:
            found.append(payload)
    return {"payloads": found}


def _newest_first(objects: ChannelObjects) -> Iterator[tuple[datetime, bytes]]:
    for key in reversed(objects.listed()):
        for line in reversed(objects.get(key).splitlines()):
            message = json.loads(line)
            arrived = datetime.fromtimestamp(message["receivedAt"] / 1000, UTC)
            yield arrived, base64.b64decode(message["payload"])


TABLE: dict[str, Handler] = {
    "CreateChannel": create,
    "DescribeChannel": describe,
    "ListChannels": list_all,
    "UpdateChannel": update,
    "DeleteChannel": delete,
}
UNLOCKED: dict[str, Handler] = {"BatchPutMessage": batch_put, "SampleChannelData": sample}
"""These wait for S3, or for others that do, and hold no lock but the channel's."""
