"""Sends log lines to CloudWatch Logs from a thread of its own: bounded, retried, and never in anybody's way."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from system.greengrass.supervision.backoff import Backoff, BackoffRule

log = logging.getLogger(__name__)

BUFFER_LINES_MAX = 10_000
BATCH_LINES_MAX = 500
# The service takes 1,048,576 bytes with 26 bytes for each event, and 256 KB in one event.
BATCH_BYTES_MAX = 900_000
LINE_BYTES_MAX = 200_000
LINGER_S = 0.5
BACKOFF = BackoffRule(first_s=1.0, cap_s=30.0, stable_s=float("inf"))


class LogsClient(Protocol):
    """What is used of boto3's `logs` client."""

    def create_log_group(self, *, logGroupName: str) -> Any: ...  # noqa: N803

    def create_log_stream(self, *, logGroupName: str, logStreamName: str) -> Any: ...  # noqa: N803

    def put_log_events(
        self,
        *,
        logGroupName: str,  # noqa: N803
        logStreamName: str,  # noqa: N803
        logEvents: Sequence[dict[str, Any]],  # noqa: N803
    ) -> Any: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line on its way."""

    group: str
    epoch_ms: int
    line: str

    def size(self) -> int:
        """What the service counts for it."""
        return len(self.line.encode(errors="replace")) + 26


def take_batch(entries: deque[Entry]) -> list[Entry]:
    """Take the entries of the first one's group from the left, as many as fit into one call, in order of time."""
    batch: list[Entry] = []
    size = 0
    while entries and len(batch) < BATCH_LINES_MAX:
        first = entries[0]
        size += first.size()
        if batch and (first.group != batch[0].group or size > BATCH_BYTES_MAX):
            break
        batch.append(entries.popleft())
    return sorted(batch, key=lambda entry: entry.epoch_ms)


class CloudWatch:
    """The way to CloudWatch Logs.

    Args:
        connect: makes a client; called in the thread, again after a failure.
        stream: the name of the log stream of this moment.
    """

    def __init__(self, connect: Callable[[], LogsClient], stream: Callable[[], str]) -> None:
        self._connect = connect
        self._stream = stream
        self._entries: deque[Entry] = deque()
        self._changed = threading.Condition()
        self._stopping = False
        self._known: set[tuple[str, str]] = set()
        self._client: LogsClient | None = None
        self.dropped = 0
        self._thread = threading.Thread(target=self._run, name="cloudwatch", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def offer(self, group: str, epoch_s: float, line: str) -> None:
        """Take a line for a log group; the oldest goes when there is no room."""
        entry = Entry(group=group, epoch_ms=int(epoch_s * 1000), line=line[:LINE_BYTES_MAX])
        with self._changed:
            if len(self._entries) >= BUFFER_LINES_MAX:
                self._entries.popleft()
                self.dropped += 1
            self._entries.append(entry)
            self._changed.notify()

    def stop(self, seconds: float) -> None:
        """Send what is there if that is quickly done."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        backoff = Backoff(BACKOFF)
        while batch := self._next():
            try:
                self._send(batch)
                backoff.succeeded()
            except (BotoCoreError, ClientError) as error:
                wait_s = backoff.failed_after(0)
                log.info("Log lines wait for the cloud, next attempt in %.0f s: %s", wait_s, error)
                self._give_back(batch)
                if self._stopped_within(wait_s):
                    return

    def _next(self) -> list[Entry]:
        """The next batch; empty when there is nothing left to do."""
        with self._changed:
            while not self._entries and not self._stopping:
                self._changed.wait()
            if not self._stopping:
                # Lines come in bursts: one call for all of them.
                self._changed.wait_for(lambda: self._stopping, LINGER_S)
            return take_batch(self._entries)

    def _send(self, batch: list[Entry]) -> None:
        if self._client is None:
            self._client = self._connect()
        group, stream = batch[0].group, self._stream()
        self._ensure(self._client, group, stream)
        events = [{"timestamp": entry.epoch_ms, "message": entry.line} for entry in batch]
        self._client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)

    def _ensure(self, client: LogsClient, group: str, stream: str) -> None:
        if (group, stream) in self._known:
            return
        _unless_present(lambda: client.create_log_group(logGroupName=group))
        _unless_present(lambda: client.create_log_stream(logGroupName=group, logStreamName=stream))
        self._known.add((group, stream))

    def _give_back(self, batch: list[Entry]) -> None:
        # A cloud that was stood up again has neither group nor stream.
        self._known.clear()
        with self._changed:
            room = BUFFER_LINES_MAX - len(self._entries)
            kept = batch[-room:] if room > 0 else []
            self.dropped += len(batch) - len(kept)
            self._entries.extendleft(reversed(kept))

    def _stopped_within(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._stopping, seconds)


def _unless_present(create: Callable[[], Any]) -> None:
    try:
        create()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ResourceAlreadyExistsException":
            raise
