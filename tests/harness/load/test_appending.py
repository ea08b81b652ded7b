import asyncio
import subprocess
import sys
from collections.abc import Callable

import pytest
from stream_manager import StreamManagerException

from harness.load.answer import Answer, Outcome
from harness.load.appending import Appending, definition
from harness.load.export import Export

from .conftest import StreamManagerProcess


class Client:
    """An SDK client that answers as it is told."""

    def __init__(self, *answers: object) -> None:
        self.connected = True
        self.closed = False
        self._answers = iter(answers)

    def append_message(self, stream_name: str, data: bytes) -> int:
        answer = next(self._answers)
        if isinstance(answer, BaseException):
            raise answer
        return 0

    def close(self) -> None:
        self.closed = True


def appending(*clients: object) -> Appending:
    """Appends through these clients, the next one at each connection; an error is raised instead."""
    there = iter(clients)

    def connect() -> Client:
        client = next(there)
        if isinstance(client, BaseException):
            raise client
        assert isinstance(client, Client)
        return client

    return Appending("S", connect, now=lambda: 1.0)


def test_without_a_connection_nothing_was_sent() -> None:
    sender = appending(ConnectionRefusedError(), asyncio.IncompleteReadError(b"", 1), Client(0))

    outcomes = [sender.append(b"{}").outcome for _ in range(3)]

    assert outcomes == [Outcome.UNSENT, Outcome.UNSENT, Outcome.ACKNOWLEDGED]


@pytest.mark.parametrize("error", [TimeoutError(), ConnectionResetError(), KeyError("id")])
def test_what_was_not_answered_may_have_been_stored(error: BaseException) -> None:
    broken = Client(error)
    sender = appending(broken, Client(0))

    assert sender.append(b"{}").outcome is Outcome.UNKNOWN
    # A late answer would end the client's reading for good: it is not used again.
    assert broken.closed
    assert sender.append(b"{}").outcome is Outcome.ACKNOWLEDGED


def test_what_the_server_refuses_is_refused_and_the_connection_stays() -> None:
    sender = appending(Client(StreamManagerException("full"), 0))

    refused = sender.append(b"{}")

    assert (refused.outcome, refused.error) == (Outcome.REFUSED, "full")
    assert sender.append(b"{}").outcome is Outcome.ACKNOWLEDGED


def test_a_client_that_noticed_that_its_connection_is_gone_is_replaced_before_it_sends() -> None:
    gone = Client(0)
    sender = appending(gone, Client(0))
    sender.append(b"{}")
    gone.connected = False

    assert sender.append(b"{}").outcome is Outcome.ACKNOWLEDGED
    assert gone.closed


@pytest.mark.parametrize(
    ("export", "kinesis", "channels"),
    [
        (Export("kinesis", "LoadData"), ["LoadData"], []),
        (Export("iotanalytics", "readings"), [], ["readings"]),
        (None, [], []),
    ],
)
def test_the_stream_is_exported_to_one_destination_or_none(
    export: Export | None, kinesis: list[str], channels: list[str]
) -> None:
    exports = definition("S", export, 20).export_definition

    assert [each.kinesis_stream_name for each in exports.kinesis or []] == kinesis
    assert [each.iot_channel for each in exports.iot_analytics or []] == channels
    assert [
        each.batch_size for each in (*(exports.kinesis or []), *(exports.iot_analytics or []))
    ] == [20] * (len(kinesis) + len(channels))


def test_the_process_answers_each_line_and_finds_a_server_that_was_killed_again(
    server: StreamManagerProcess,
) -> None:
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "harness.load.appending"),
            *("--port", str(server.port), "--stream", "LoadStream", "--timeout", "1"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None and process.stdout is not None
    answers = process.stdout

    def append(ordinal: int) -> Answer:
        assert process.stdin is not None
        process.stdin.write(b'{"sensor": "s", "ordinal": %d}\n' % ordinal)
        process.stdin.flush()
        return Answer.from_line(answers.readline())

    try:
        assert Answer.from_line(answers.readline()).outcome is Outcome.ACKNOWLEDGED
        assert append(0).outcome is Outcome.ACKNOWLEDGED
        server.kill()
        gone = _until(lambda: append(1), Outcome.UNSENT)
        assert gone.error
        server.start()
        back = _until(lambda: append(2), Outcome.ACKNOWLEDGED)
        assert back.sent_s <= back.ended_s
        assert server.readings() == ["s/0", "s/2"]
    finally:
        process.stdin.close()
        assert process.wait(20) == 0
        answers.close()


def _until(append: Callable[[], Answer], outcome: Outcome) -> Answer:
    """The first answer with an outcome: what was in flight when the server died is unknown first."""
    for _ in range(20):
        answer = append()
        if answer.outcome is outcome:
            return answer
    raise AssertionError(f"never {outcome}, but {answer}")
