"""Mutated frames against a real server, over sockets, beside a client that behaves well."""

import socket
from collections import Counter
from contextlib import suppress

import psutil

from harness.waiting import wait_until

from .in_process import CONNECT, HEALTHY

CREATE, DELETE, APPEND, LIST = 2, 3, 4, 11
PATIENCE_S = 60.0
"""Longer than anything on a machine with other work; a server that hangs is silent for ever."""
TIDY_EVERY = 25


class FuzzedServer:
    """A server that one client behaves well with and others do not.

    Args:
        server: a process that runs.
        mutator: makes what the others send.
        dice: decides how much they send at once.
    """

    def __init__(self, server, mutator, dice):
        self._server = server
        self._mutator = mutator
        self._dice = dice
        self._appended = 0
        self.counts = Counter()
        self.sent = b""
        """The last conversation, for whoever has to know what broke the server."""
        self._process = psutil.Process(server.process.pid)
        self._healthy = server.raw(PATIENCE_S)
        self._healthy.connect()
        values = {"requestId": "c", "definition": {"name": HEALTHY, "strategyOnFull": 1}}
        assert self._healthy.ask(CREATE, values)[1]["status"] == 0

    def run(self, frames):
        """Send so many frames, on as many connections as that takes.

        Raises:
            AssertionError: the server is gone, silent, or forgot its other client.
        """
        while frames > 0:
            frames -= self._conversation(self._dice.randint(1, min(40, frames)))
            self._the_other_is_served()
        self._tidy()

    def _conversation(self, frames):
        self.sent = CONNECT + b"".join(self._mutator.next() for _ in range(frames))
        with socket.create_connection(("127.0.0.1", self._server.port), PATIENCE_S) as connection:
            with suppress(ConnectionError):
                connection.sendall(self.sent)
                connection.shutdown(socket.SHUT_WR)
            # Whatever it thinks of the frames: a client that says no more is let go.
            with suppress(ConnectionError):
                while connection.recv(1 << 16):
                    pass
        self.counts.update(frames=frames, connections=1)
        return frames

    def _the_other_is_served(self):
        values = {"requestId": "a", "name": HEALTHY, "payload": b"x"}
        answer = self._healthy.ask(APPEND, values)[1]
        assert answer["status"] == 0 and answer["sequenceNumber"] == self._appended, answer
        self._appended += 1
        if self._appended % TIDY_EVERY == 0:
            self._tidy()

    def _tidy(self):
        for name in self._healthy.ask(LIST, {"requestId": "l"})[1]["streams"]:
            if name != HEALTHY:
                answer = self._healthy.ask(DELETE, {"requestId": "d", "name": name})[1]
                assert answer["status"] == 0, answer

    def settled(self):
        """Sockets and files, threads, and bytes of memory, once the connections of the others are gone."""
        wait_until(
            lambda: len(self._process.net_connections("tcp")) == 2,
            seconds=PATIENCE_S,
            what="closed connections, all but the listener and one client's",
        )
        process = self._process
        return process.num_fds(), process.num_threads(), process.memory_info().rss

    def close(self):
        """Let the other client go too."""
        self._healthy.socket.close()
