"""IoT Analytics: BatchPutMessage into a channel, under message ids that are the same at each attempt."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from system.stream_manager.export.batch import Delivered, Failed, SinkResult
from system.stream_manager.sinks.failures import failed
from system.stream_manager.sinks.service import Service
from system.wire.definitions import IoTAnalyticsConfig
from system.wire.messages import Message

# Codes that speak of the payload itself, which no later attempt changes.
NEVER_TAKEN = frozenset({"InvalidPayload", "PayloadTooLarge"})


class IoTAnalyticsSink:
    """Puts batches into channels.

    Args:
        service: IoT Analytics.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def send(self, config: IoTAnalyticsConfig, messages: Sequence[Message]) -> SinkResult:
        """Put one batch."""
        ids = [message_id(config.iot_msg_id_prefix or "", message) for message in messages]
        entries = [
            {"messageId": each, "payload": message.payload}
            for each, message in zip(ids, messages, strict=True)
        ]
        try:
            answer = self._service.call(
                "batch_put_message", channelName=config.iot_channel, messages=entries
            )
        except Exception as error:
            return failed(error)
        return outcome(answer, ids)

    def close(self) -> None:
        """Close its connections."""
        self._service.close()


def message_id(prefix: str, message: Message) -> str:
    """At most 32 + 36 characters: prefix, what tells the stream from others and from one deleted before, number."""
    origin = f"{message.stream_name}/{message.ingest_time_ms}"
    digest = hashlib.sha256(origin.encode()).hexdigest()[:16]
    return f"{prefix}{digest}-{message.sequence_number}"


def outcome(answer: Mapping[str, Any], ids: Sequence[str]) -> SinkResult:
    """What the answer to BatchPutMessage says about the messages with these ids."""
    entries = answer.get("batchPutMessageErrorEntries")
    if not isinstance(entries, list):
        return Failed(reason="the answer of IoT Analytics was cut short", doubtful=True)
    index_of = {each: index for index, each in enumerate(ids)}
    refused: dict[int, str] = {}
    skipped: dict[int, str] = {}
    for entry in entries:
        index = index_of.get(entry.get("messageId", ""))
        if index is None:
            return Failed(reason="IoT Analytics refuses a message that was not sent", doubtful=True)
        code = entry.get("errorCode", "")
        group = skipped if code in NEVER_TAKEN else refused
        group[index] = f"{code}: {entry.get('errorMessage', '')}"
    return Delivered(
        refused=tuple(sorted(refused)),
        skipped=tuple(sorted(skipped.items())),
        reason=_why(refused, len(ids)),
    )


def _why(refused: Mapping[int, str], sent: int) -> str:
    if not refused:
        return ""
    kinds = "; ".join(sorted(set(refused.values())))
    return f"{len(refused)} of {sent} messages were refused: {kinds}"
