from collections.abc import Iterator

import pytest

from harness.load.answer import Answer, Outcome
from harness.load.carrying import Policy, carry


class Sender:
    """Answers as it is told, on a clock that each attempt and each pause moves."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.now_s = 100.0
        self.attempts = 0
        self._outcomes: Iterator[Outcome] = iter(outcomes)

    def now(self) -> float:
        return self.now_s

    def pause(self, seconds: float) -> None:
        self.now_s += seconds

    def send(self) -> Answer:
        self.attempts += 1
        sent_s, self.now_s = self.now_s, self.now_s + 0.01
        return Answer(outcome=next(self._outcomes), sent_s=sent_s, ended_s=self.now_s)

    def carry(self, policy: Policy, due_s: float = 100.0) -> Answer:
        return carry(due_s, self.send, policy, now=self.now, pause=self.pause)


def test_what_is_acknowledged_is_sent_once() -> None:
    sender = Sender(Outcome.ACKNOWLEDGED)

    assert sender.carry(Policy(retries=3)).outcome is Outcome.ACKNOWLEDGED
    assert sender.attempts == 1


def test_what_could_not_be_sent_waits_for_a_connection() -> None:
    sender = Sender(Outcome.UNSENT, Outcome.UNSENT, Outcome.ACKNOWLEDGED)

    answer = sender.carry(Policy(patience_s=30))

    assert answer.outcome is Outcome.ACKNOWLEDGED
    assert answer.sent_s == pytest.approx(100.52)


def test_patience_is_counted_from_when_the_reading_was_due() -> None:
    sender = Sender(Outcome.UNSENT, Outcome.UNSENT)

    assert sender.carry(Policy(patience_s=30), due_s=69.8).outcome is Outcome.UNSENT
    assert sender.attempts == 1


def test_what_was_sent_and_not_answered_is_not_sent_again() -> None:
    sender = Sender(Outcome.UNKNOWN, Outcome.ACKNOWLEDGED)

    assert sender.carry(Policy()).outcome is Outcome.UNKNOWN


def test_what_was_not_answered_is_sent_again_for_who_asks_for_it() -> None:
    sender = Sender(Outcome.UNKNOWN, Outcome.UNSENT, Outcome.UNKNOWN, Outcome.UNKNOWN)

    assert sender.carry(Policy(retries=2)).outcome is Outcome.UNKNOWN
    assert sender.attempts == 4


def test_what_was_refused_stays_refused() -> None:
    sender = Sender(Outcome.REFUSED, Outcome.ACKNOWLEDGED)

    assert sender.carry(Policy(retries=5)).outcome is Outcome.REFUSED
