from typing import Any

from harness.load.answer import Answer, Outcome
from harness.load.rows import Rows


class Fired(list[dict[str, Any]]):
    """Locust's request event."""

    def __call__(self, **fields: Any) -> None:
        self.append(fields)

    def shown(self) -> list[tuple[str, int, str]]:
        return [(e["name"], round(e["response_time"]), str(e["exception"] or "")) for e in self]


def answer(outcome: Outcome = Outcome.ACKNOWLEDGED, error: str = "") -> Answer:
    return Answer(outcome=outcome, sent_s=12.0, ended_s=12.003, error=error)


def test_a_reading_that_waited_shows_its_wait_in_the_row_from_the_intended_time() -> None:
    fired = Fired()

    Rows("StreamAppender", fired).carried(10.0, answer(), 100)

    assert fired.shown() == [("append", 3, ""), ("append (from intended time)", 2003, "")]


def test_a_reading_that_was_not_acknowledged_fails_in_both() -> None:
    fired = Fired()

    Rows("SensorDevice", fired).carried(12.0, answer(Outcome.UNKNOWN, "no answer in time"), 100)

    assert fired.shown() == [
        ("publish", 3, "unknown: no answer in time"),
        ("publish (from intended time)", 3, "unknown: no answer in time"),
    ]


def test_a_reading_that_never_left_is_in_one_row_only() -> None:
    fired = Fired()

    Rows("StreamAppender", fired).dropped(4.0, "the queue was full")

    assert fired.shown() == [("append (from intended time)", 4000, "dropped: the queue was full")]


def test_requests_that_have_rows_of_their_own_are_not_shown_twice() -> None:
    fired = Fired()

    Rows("SensorApi", fired, sent_row=False).carried(11.0, answer(), 0)

    assert fired.shown() == [("api (from intended time)", 1003, "")]
