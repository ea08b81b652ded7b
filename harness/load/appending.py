"""A process that appends with the stock SDK: one payload per line in, one answer per line out.

The SDK's client runs an event loop in a thread of its own. Under locust all threads of a process are greenlets of one
thread, in which only one loop can run: of several clients all but one die. Here nothing is patched.

`python -m harness.load.appending --port PORT --stream NAME [--export kinesis:TARGET|iotanalytics:CHANNEL] ...`
"""

import argparse
import asyncio
import logging
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import BinaryIO, Protocol

from stream_manager import (
    ExportDefinition,
    IoTAnalyticsConfig,
    KinesisConfig,
    MessageStreamDefinition,
    StrategyOnFull,
    StreamManagerClient,
    StreamManagerException,
)

from harness.load.answer import Answer, Outcome
from harness.load.export import Export

EXPORTER = "LoadExport"
_BROKEN = (TimeoutError, asyncio.TimeoutError, OSError, EOFError)


class Client(Protocol):
    """What is used of the SDK's client."""

    connected: bool

    def append_message(self, stream_name: str, data: bytes) -> int:
        """Append; returns the sequence number."""

    def close(self) -> None:
        """End the connection."""


def definition(stream: str, export: Export | None, batch_size: int) -> MessageStreamDefinition:
    """The definition of the load's stream: oldest data overwritten when full, one exporter or none."""
    rule = {"identifier": EXPORTER, "batch_size": batch_size}
    exports = ExportDefinition()
    if export is not None and export.service == "kinesis":
        exports.kinesis = [KinesisConfig(kinesis_stream_name=export.target, **rule)]
    elif export is not None:
        exports.iot_analytics = [IoTAnalyticsConfig(iot_channel=export.target, **rule)]
    return MessageStreamDefinition(
        name=stream, strategy_on_full=StrategyOnFull.OverwriteOldestData, export_definition=exports
    )


class Appending:
    """Appends to one stream through one connection, opened again after it broke.

    Args:
        connect: opens a connection, on which the stream is there; raises what the SDK raises.
        now: seconds.
    """

    def __init__(
        self, stream: str, connect: Callable[[], Client], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream
        self._connect = connect
        self._now = now
        self._client: Client | None = None

    def append(self, payload: bytes) -> Answer:
        """Append once."""
        begun_s = self._now()
        try:
            client = self.connected()
        except (*_BROKEN, StreamManagerException) as error:
            return self._answer(Outcome.UNSENT, begun_s, error)
        sent_s = self._now()
        try:
            client.append_message(self._stream, payload)
        except StreamManagerException as error:
            return self._answer(Outcome.REFUSED, sent_s, error)
        except Exception as error:
            # The client cannot be trusted any more: a late answer would end its reading for good.
            self.forget()
            return self._answer(_outcome(error), sent_s, error)
        return self._answer(Outcome.ACKNOWLEDGED, sent_s)

    def connected(self) -> Client:
        """The client, connected; raises what the SDK raises."""
        if self._client is not None and not self._client.connected:
            self.forget()
        if self._client is None:
            self._client = self._connect()
        return self._client

    def forget(self) -> None:
        """End the connection."""
        client, self._client = self._client, None
        if client is not None:
            with suppress(Exception):
                client.close()

    def _answer(
        self, outcome: Outcome, sent_s: float, error: BaseException | None = None
    ) -> Answer:
        told = "" if error is None else _told(error)
        return Answer(outcome=outcome, sent_s=sent_s, ended_s=self._now(), error=told)


def _outcome(error: Exception) -> Outcome:
    # Nobody listened: then nothing was sent. Anything else may come after the sending.
    return Outcome.UNSENT if isinstance(error, ConnectionRefusedError) else Outcome.UNKNOWN


def _told(error: BaseException) -> str:
    if isinstance(error, TimeoutError | asyncio.TimeoutError):
        return "no answer in time"
    if isinstance(error, EOFError):
        return "the connection was closed"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    return str(getattr(error, "message", "") or error) or type(error).__name__


def connecting(
    port: int, wanted: MessageStreamDefinition, timeout_s: float
) -> Callable[[], Client]:
    """What opens a connection and makes sure that the stream is there."""

    def connect() -> Client:
        client = StreamManagerClient(port=port, request_timeout=timeout_s)
        try:
            if wanted.name not in client.list_streams():
                # Another user of this load may be faster.
                with suppress(StreamManagerException):
                    client.create_message_stream(wanted)
                client.describe_message_stream(wanted.name)
        except BaseException:
            with suppress(Exception):
                client.close()
            raise
        return client  # type: ignore[no-any-return]

    return connect


def serve(appending: Appending, requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer for each line until there are no more. The first answer tells whether a connection was found."""
    begun_s = time.monotonic()
    try:
        appending.connected()
        first = Answer(outcome=Outcome.ACKNOWLEDGED, sent_s=begun_s, ended_s=time.monotonic())
    except Exception as error:
        first = Answer(
            outcome=Outcome.UNSENT, sent_s=begun_s, ended_s=time.monotonic(), error=_told(error)
        )
    _say(answers, first)
    for line in requests:
        _say(answers, appending.append(line.rstrip(b"\n")))


def _say(answers: BinaryIO, answer: Answer) -> None:
    answers.write(answer.to_line())
    answers.flush()


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m harness.load.appending", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="of the stream manager")
    parser.add_argument("--stream", required=True, help="name of the stream")
    parser.add_argument("--export", type=Export.parse, help="destination; none without it")
    parser.add_argument("--batch-size", type=int, default=1, help="messages in an export")
    parser.add_argument("--timeout", type=float, default=5.0, help="seconds for an answer")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Append what comes in."""
    options = parse(arguments)
    # What goes wrong is told in the answers.
    logging.getLogger("StreamManagerClient").setLevel(logging.CRITICAL)
    wanted = definition(options.stream, options.export, options.batch_size)
    appending = Appending(options.stream, connecting(options.port, wanted, options.timeout))
    with suppress(KeyboardInterrupt, BrokenPipeError):
        serve(appending, sys.stdin.buffer, sys.stdout.buffer)
    appending.forget()
    return 0


if __name__ == "__main__":
    sys.exit(main())
