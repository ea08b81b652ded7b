"""The two streams of the aggregator, over a connection that is opened again after it broke."""

import asyncio
import json
import logging
import os
import socket
import time
from contextlib import suppress

from stream_manager import (
    ExportDefinition,
    InvalidRequestException,
    KinesisConfig,
    MessageStreamDefinition,
    NotEnoughMessagesException,
    ReadMessagesOptions,
    StrategyOnFull,
    StreamManagerClient,
)

logger = logging.getLogger("stream_aggregator")

CONNECTION_ERRORS = (OSError, EOFError, asyncio.TimeoutError)
REQUEST_TIMEOUT_S = 10
READ_TIMEOUT_MS = 5000
MESSAGES_MAX = 100
TAIL = 1000
RETRY_S = 0.2


def pause(seconds=RETRY_S):
    """Wait before trying again."""
    time.sleep(seconds)


def listening(port):
    """Whether a server listens; the SDK's client leaks a thread for each connection that it cannot open."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def connect():
    """A connected client, as soon as there is a server."""
    port = int(os.environ.get("STREAM_MANAGER_SERVER_PORT") or 8088)
    while not listening(port):
        pause()
    return StreamManagerClient(port=port, request_timeout=REQUEST_TIMEOUT_S)


def flush_on_write(environment):
    """Whether FLUSH_ON_WRITE asks for it.

    Raises:
        ValueError: it is neither `true` nor `false`.
    """
    value = environment.get("FLUSH_ON_WRITE") or "false"
    if value not in ("true", "false"):
        raise ValueError(f"FLUSH_ON_WRITE has to be true or false, not {value!r}")
    return value == "true"


def aggregate_definition(name, kinesis_stream, flush_on_write=False):
    """The aggregates' stream: most urgent, each aggregate a batch of its own."""
    exporter = KinesisConfig(
        identifier="AggregateData", kinesis_stream_name=kinesis_stream, batch_size=1, priority=1
    )
    return MessageStreamDefinition(
        name=name,
        strategy_on_full=StrategyOnFull.OverwriteOldestData,
        flush_on_write=flush_on_write,
        export_definition=ExportDefinition(kinesis=[exporter]),
    )


class Streams:
    """Reads one stream and appends to another; every call comes back only when it has been done."""

    def __init__(self, *, source, target, kinesis_stream, flush_on_write=False):
        self.source = source
        self.target = target
        self._definition = aggregate_definition(target, kinesis_stream, flush_on_write)
        self._client = connect()

    def _insist(self, call):
        """Do `call(client)` until the connection holds for as long as it takes."""
        while True:
            try:
                return call(self._client)
            except CONNECTION_ERRORS as error:
                logger.warning("The stream manager does not answer, trying again: %r", error)
                pause()
                self._reconnect()

    def _reconnect(self):
        # The SDK's client says goodbye over the connection that is broken.
        with suppress(*CONNECTION_ERRORS):
            self._client.close()
        while True:
            try:
                self._client = connect()
                return
            except CONNECTION_ERRORS:
                pause()

    def prepare(self):
        """Wait until the source is there, and create the target if it is not."""
        while self.source not in self._insist(lambda client: client.list_streams()):
            pause()
        if self.target in self._insist(lambda client: client.list_streams()):
            return
        try:
            self._insist(lambda client: client.create_message_stream(self._definition))
        except InvalidRequestException as error:
            if "already exists" not in str(error.message):
                raise

    def tail(self):
        """The newest aggregates in the target, oldest first."""
        info = self._insist(lambda client: client.describe_message_stream(self.target))
        status = info.storage_status
        start = max(status.oldest_sequence_number, status.newest_sequence_number - TAIL + 1)
        aggregates = []
        while start <= status.newest_sequence_number:
            messages = self._read(self.target, start, 0)
            if not messages:
                break
            aggregates += [json.loads(message.payload) for message in messages]
            start = messages[-1].sequence_number + 1
        return aggregates

    def read(self, start):
        """The next messages of the source from `start` on; empty when none came for five seconds."""
        return self._read(self.source, start, READ_TIMEOUT_MS)

    def _read(self, stream, start, timeout_ms):
        options = ReadMessagesOptions(
            desired_start_sequence_number=start,
            min_message_count=1,
            max_message_count=MESSAGES_MAX,
            read_timeout_millis=timeout_ms,
        )
        try:
            return self._insist(lambda client: client.read_messages(stream, options))
        except NotEnoughMessagesException:
            return []

    def append(self, aggregate):
        """Append one aggregate exactly once: after an append without an answer the stream itself is asked."""
        payload = json.dumps(aggregate).encode()
        while True:
            try:
                self._client.append_message(self.target, payload)
                return
            except CONNECTION_ERRORS as error:
                logger.warning("No answer to an append, looking whether it arrived: %r", error)
                pause()
                self._reconnect()
                if aggregate in self.tail():
                    return
