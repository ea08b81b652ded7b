"""Mutated frames against connections and an engine, joined as the server joins them, in one thread."""

import time
from collections import Counter

import cbor2

from system.stream_manager.connection import Connection
from system.stream_manager.export.batch import Delivered, Failed

from .corpus import VERSION, framed

CONNECT = VERSION + framed(1, cbor2.dumps({"requestId": "c", "protocolVersion": "1.1.0"}))
HEALTHY = "Healthy"
SLOW_S = 5.0
"""CPU time that a frame may take; a sound one takes less than a thousandth of it."""
TIDY_EVERY = 50


class Fuzzed:
    """An engine that one client behaves well with and others do not.

    Args:
        rig: an engine and how it is driven.
        mutator: makes what the others send.
        dice: decides how destinations answer.
    """

    def __init__(self, rig, mutator, dice):
        self._rig = rig
        self._mutator = mutator
        self._dice = dice
        self._connections = self._appended = 0
        self.counts = Counter()
        self.sent = []
        """What was sent on the connection that is open, for whoever has to know what broke the server."""
        rig.create(HEALTHY)

    def run(self, frames):
        """Send so many frames, on as many connections as that takes.

        Raises:
            AssertionError: the server said something that it may not say, was slow, or forgot a client.
        """
        while frames > 0:
            frames -= self._conversation(self._dice.randint(1, min(40, frames)))
            self._others_are_served()

    def _conversation(self, frames):
        self._connections += 1
        self.counts["connections"] += 1
        connection = Connection(self._connections)
        self.sent = [CONNECT] if self._dice.random() < 0.9 else [VERSION]
        self._say(connection, self.sent[0])
        count = 0
        while count < frames and not connection.closing:
            count += 1
            self.counts["frames"] += 1
            self.sent.append(self._mutator.next())
            self._say(connection, self.sent[-1])
        if connection.session is not None:
            self._rig.engine.forget(connection.session)
        return max(count, 1)

    def _say(self, connection, data):
        began = time.process_time()
        connection.receive(data)
        while request := connection.next_request():
            self._rig.engine.handle(connection.session, request)
        self._rig.round()
        for session, response in self._rig.responses:
            if session is connection.session:
                connection.answer(response)
        self._rig.responses.clear()
        for output in connection.take_output():
            self.counts["answers"] += 1
            check_answer(output.removeprefix(VERSION))
        self._settle()
        assert time.process_time() - began < SLOW_S, "a frame takes the server's time"

    def _settle(self):
        for _ in range(len(self._rig.batches)):
            failed = self._dice.random() < 0.2
            self._rig.settle(Failed(reason="refused") if failed else Delivered())

    def _others_are_served(self):
        answer = self._rig.append(HEALTHY)
        assert answer.values == {"sequenceNumber": self._appended}, answer
        self._appended += 1
        self._rig.responses.clear()
        if self._connections % TIDY_EVERY == 0:
            self.tidy()

    def tidy(self):
        """Delete what the frames made, so that what is left is a leak."""
        self._settle()
        for name in self._rig.names():
            if name != HEALTHY:
                answer = self._rig.delete(name)
                assert answer.status == 0, answer
        self._rig.pass_ms(10_000)
        self._rig.responses.clear()
        assert [line for line in self._rig.log.lines if line.startswith("ERROR")] == []
        self._rig.log.lines.clear()

    def begin_anew(self):
        """The one that behaves well begins anew too, so that what it stored is nothing more than before."""
        self.tidy()
        assert self._rig.delete(HEALTHY).status == 0
        self._rig.create(HEALTHY)
        self._rig.responses.clear()
        self._appended = 0
        self.sent.clear()


def check_answer(output):
    """What leaves is a whole frame that a client can read: it names a request and says how that ended."""
    if output:
        values = cbor2.loads(output[5:])
        assert int.from_bytes(output[:4], "big") == len(output) - 4, output
        assert isinstance(values["requestId"], str), values
        assert isinstance(values["status"], int) and not isinstance(values["status"], bool), values
