"""A client that appends as fast as it may and writes down what it asked for and what it was told."""

import threading
from dataclasses import dataclass, field
from random import Random

CREATE, DELETE, APPEND, LIST, DESCRIBE, READ = 2, 3, 4, 11, 13, 5
SUCCESS, FULL, NOT_ENOUGH = 0, 3, 13


@dataclass
class Conversation:
    """One connection: requests in their order, and the answers to the first of them.

    Attributes:
        sent: stream and payload of each append.
        numbers: sequence numbers that were told, None for a refusal; shorter than `sent` when the server died.
    """

    sent: list[tuple[str, bytes]] = field(default_factory=list)
    numbers: list[int | None] = field(default_factory=list)

    def acknowledged(self, stream):
        """Payload by sequence number, as this client was told."""
        told = zip(self.sent, self.numbers, strict=False)
        return {
            number: payload
            for (name, payload), number in told
            if name == stream and number is not None
        }

    def refused(self, stream):
        """Payloads that were refused."""
        told = zip(self.sent, self.numbers, strict=False)
        return [payload for (name, payload), number in told if name == stream and number is None]

    def unanswered(self, stream):
        """Payloads whose answers never came, in the order of sending."""
        return [payload for name, payload in self.sent[len(self.numbers) :] if name == stream]

    def wanted(self, stream):
        """Payloads that were not refused, in the order of sending."""
        refused = set(self.refused(stream))
        return [payload for name, payload in self.sent if name == stream and payload not in refused]


class Appender(threading.Thread):
    """Appends on one connection until it breaks.

    Args:
        raw: the connection, not opened yet.
        plan: of this client.
        streams: names.
        label: begins every payload; unique in a case.
        answered: called for every answer.
    """

    def __init__(self, raw, plan, streams, *, label, answered):
        super().__init__()
        self.conversation = Conversation()
        self.problem = None
        self._raw = raw
        self._plan = plan
        self._streams = streams
        self._label = label
        self._answered = answered
        self._dice = Random(label)

    def run(self):
        """Append until the server is gone."""
        try:
            self._raw.connect()
            while True:
                self._fill()
                self._take()
        except (OSError, EOFError):
            pass
        except Exception as problem:
            self.problem = problem
        finally:
            self._raw.socket.close()

    def _fill(self):
        told, sent = self.conversation.numbers, self.conversation.sent
        data = b""
        while len(sent) - len(told) < self._plan.window:
            data += self._append()
        self._raw.socket.sendall(data)

    def _append(self):
        ordinal = len(self.conversation.sent)
        size = self._dice.randint(1, self._plan.payload_bytes_max)
        payload = f"{self._label}/{ordinal} ".encode().ljust(size, b"x")
        stream = self._dice.choice(self._streams)
        self.conversation.sent.append((stream, payload))
        values = {"requestId": f"{ordinal}", "name": stream, "payload": payload}
        return self._raw.frame(APPEND, values)

    def _take(self):
        _, answer = self._raw.receive()
        assert answer["requestId"] == f"{len(self.conversation.numbers)}", answer
        if answer["status"] == SUCCESS:
            self.conversation.numbers.append(answer["sequenceNumber"])
        else:
            assert answer["status"] == FULL and "full" in answer["errorMessage"], answer
            self.conversation.numbers.append(None)
        self._answered()


class Churner(threading.Thread):
    """Creates and deletes streams on one connection until it breaks; each stream is one of its own.

    Args:
        there: takes name → True (certainly there), False (certainly not), None (the answer never came).
    """

    def __init__(self, raw, there, *, label):
        super().__init__()
        self.there = there
        self.problem = None
        self._raw = raw
        self._label = label

    def run(self):
        """Create two, delete one, until the server is gone."""
        try:
            self._raw.connect()
            for number in range(1 << 30):
                self._create(f"{self._label}-{number}")
                if number % 2:
                    self._remove(f"{self._label}-{number}")
        except (OSError, EOFError):
            pass
        except Exception as problem:
            self.problem = problem
        finally:
            self._raw.socket.close()

    def _create(self, name):
        self.there[name] = None
        definition = {"name": name, "strategyOnFull": 1}
        _, answer = self._raw.ask(CREATE, {"requestId": "c", "definition": definition})
        assert answer["status"] == SUCCESS, answer
        self.there[name] = True

    def _remove(self, name):
        self.there[name] = None
        _, answer = self._raw.ask(DELETE, {"requestId": "d", "name": name})
        assert answer["status"] == SUCCESS, answer
        self.there[name] = False
