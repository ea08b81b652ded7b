"""Rounds of the server: what is taken before it waits for the disk."""

import asyncio

import pytest

from system.stream_manager.server import Server
from system.stream_manager.session import Session
from system.wire.messages import AppendMessage


class NobodyExports:
    """A sender that is asked nothing."""

    def close(self) -> None:
        """Nothing to close."""


CLIENTS = 8


class Client:
    """Keeps the answers until they are sent, and tells when they are."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.sent: list[list[str]] = []

    def answer(self, response) -> None:
        self.answers.append(response.request_id)

    def flush(self) -> None:
        self.sent.append(self.answers)
        self.answers = []

    def close(self) -> None:
        """Nothing to close."""


@pytest.fixture
def answered_together(rig):
    """How the answers of so many appends leave, each of which comes a turn of the event loop after the one before."""

    def answered(appends: int, *, flush_on_write: bool) -> list[int]:
        rig.create("S", flush_on_write=flush_on_write)
        client = Client()

        async def serving() -> None:
            loop = asyncio.get_running_loop()
            server = Server(
                rig.engine, clock=rig.clock, sender=NobodyExports(), threads=1, log=rig.log
            )
            await server.start("127.0.0.1", 0)
            server.clients.update([client, *(Client() for _ in range(CLIENTS - 1))])
            over = loop.create_future()

            def come(number: int) -> None:
                server.handle(client, Session(1, "1.1.0"), AppendMessage(f"{number}", "S", b"m"))
                server.flush_later(client)
                if number < appends:
                    loop.call_soon(come, number + 1)
                else:
                    over.set_result(None)

            come(1)
            await over
            await server.stop()

        asyncio.run(serving())
        return [len(each) for each in client.sent if each]

    return answered


def test_a_round_that_waits_for_the_disk_takes_what_comes_meanwhile(answered_together):
    assert answered_together(CLIENTS, flush_on_write=True) == [CLIENTS]


def test_a_round_that_waits_for_nothing_begins_at_once(answered_together):
    assert max(answered_together(CLIENTS, flush_on_write=False)) <= 2


def test_a_client_that_sends_on_and_on_is_answered_meanwhile(answered_together):
    assert max(answered_together(10 * CLIENTS, flush_on_write=True)) <= CLIENTS + 1
