"""Kinesis Data Streams: one message is one record, under a random key; the order of records is that of one shard."""

import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from system.clock import Clock
from system.stream_manager.export.batch import Delivered, Failed, SinkResult
from system.stream_manager.sinks.failures import failed, refusal
from system.stream_manager.sinks.results import halves, in_turn
from system.stream_manager.sinks.service import Service
from system.wire.definitions import KinesisConfig
from system.wire.messages import Message

_INVALID_PLACE = re.compile(r" at '([^']*)'")
_RECORD = re.compile(r"records\.\d+\.member\b")


class KinesisSink:
    """Puts batches into data streams.

    Args:
        service: Kinesis.
        new_key: makes a partition key.
        delay_ms: least time between the requests to one data stream; 0 for none.
        clock: tells when a request may follow the one before.
    """

    def __init__(
        self, service: Service, *, new_key: Callable[[], str], delay_ms: int, clock: Clock
    ) -> None:
        self._service = service
        self._new_key = new_key
        self._pace = Pace(delay_ms, clock)

    def send(self, config: KinesisConfig, messages: Sequence[Message]) -> SinkResult:
        """Put one batch; a record that the service calls invalid is found by halving, and skipped."""
        try:
            return outcome(self._put(config.kinesis_stream_name, messages), len(messages))
        except ClientError as error:
            if not only_records_are_invalid(error):
                return failed(error)
            if len(messages) == 1:
                return Delivered(skipped=((0, refusal(error)),))
            return in_turn(halves(messages), lambda half: self.send(config, half))
        except Exception as error:
            return failed(error)

    def _put(self, stream: str, messages: Sequence[Message]) -> Mapping[str, Any]:
        self._pace.wait(stream)
        records = [
            {"Data": message.payload, "PartitionKey": self._new_key()} for message in messages
        ]
        return self._service.call("put_records", StreamName=stream, Records=records)

    def close(self) -> None:
        """Close its connections and end its waits."""
        self._pace.end()
        self._service.close()


def only_records_are_invalid(error: ClientError) -> bool:
    """Whether the service refuses a request for the sake of its records and of nothing else in it."""
    detail = error.response.get("Error", {})
    places = _INVALID_PLACE.findall(detail.get("Message", ""))
    is_validation = detail.get("Code") == "ValidationException"
    return is_validation and bool(places) and all(map(_RECORD.match, places))


def outcome(answer: Mapping[str, Any], sent: int) -> SinkResult:
    """What the answer to PutRecords says about each of `sent` records."""
    records = answer.get("Records")
    if not isinstance(records, list) or not isinstance(answer.get("FailedRecordCount"), int):
        return Failed(reason="the answer of Kinesis was cut short", doubtful=True)
    refused = tuple(index for index, each in enumerate(records) if each.get("ErrorCode"))
    stored = sum(1 for each in records if each.get("SequenceNumber") and not each.get("ErrorCode"))
    if len(refused) != answer["FailedRecordCount"] or len(refused) + stored != sent:
        return Failed(
            reason=f"the answer of Kinesis speaks of {len(records)} records with "
            f"{answer['FailedRecordCount']} failures, not of the {sent} that were sent",
            doubtful=True,
        )
    return Delivered(refused=refused, reason=_why([records[index] for index in refused], sent))


def _why(refused: Sequence[Mapping[str, Any]], sent: int) -> str:
    if not refused:
        return ""
    codes = Counter(str(each["ErrorCode"]) for each in refused)
    counted = ", ".join(f"{count} {code}" for code, count in sorted(codes.items()))
    text = refused[0].get("ErrorMessage", "")
    return f"{len(refused)} of {sent} records were refused: {counted}" + (
        f" ({text})" if text else ""
    )


class Pace:
    """Keeps requests to the same data stream apart.

    Args:
        delay_ms: from one request to the next.
        clock: its monotonic time counts.
    """

    def __init__(self, delay_ms: int, clock: Clock) -> None:
        self._delay_ms = delay_ms
        self._clock = clock
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._free_at_ms: dict[str, int] = {}

    def wait(self, stream: str) -> None:
        """Return when it is the caller's turn, or when all is over."""
        if not self._delay_ms:
            return
        with self._lock:
            now_ms = self._clock.monotonic_ms()
            turn_ms = max(now_ms, self._free_at_ms.get(stream, now_ms))
            self._free_at_ms[stream] = turn_ms + self._delay_ms
        self._ended.wait((turn_ms - now_ms) / 1000)

    def end(self) -> None:
        """Nobody waits any more."""
        self._ended.set()
