import time
from collections.abc import Iterator

import gevent
import pytest

from harness.load.belt import Belt
from harness.load.schedule import Due, Schedule, Share
from harness.load.shape import Shape

SCHEDULE = Schedule(sensors=("s",), rate_hz=100.0, shape=Shape(), duration_ms=200)
"""Twenty readings."""


class Dropped(list[tuple[int, str]]):
    """What was dropped, and why."""

    def __call__(self, due: Due, why: str) -> None:
        self.append((due.ordinal, why))


@pytest.fixture
def dropped() -> Dropped:
    """Takes what is dropped."""
    return Dropped()


def belt(dropped: Dropped, *, bound: int = 100, grace_s: float = 30.0, ago_s: float = 10.0) -> Belt:
    """A belt whose readings are all due already."""
    t0_s = time.monotonic() - ago_s
    return Belt(SCHEDULE, Share(0, 1), t0_s, bound=bound, grace_s=grace_s, dropped=dropped)


def taken(from_belt: Belt) -> Iterator[int]:
    while (due := from_belt.take()) is not None:
        from_belt.carried(due, from_belt.due_s(due), acknowledged=True)
        yield due.ordinal


def test_readings_are_taken_in_the_order_in_which_they_are_due(dropped: Dropped) -> None:
    full = belt(dropped)
    running = gevent.spawn(full.run)

    assert list(taken(full)) == list(range(20))
    assert full.tally.acknowledged == 20
    assert full.over.is_set()
    running.join(timeout=10)
    assert running.successful()


def test_a_queue_that_is_full_drops_what_comes_then_and_counts_it(dropped: Dropped) -> None:
    small = belt(dropped, bound=5)
    running = gevent.spawn(small.run)

    assert list(taken(small)) == [0, 1, 2, 3, 4]
    running.join(timeout=10)
    assert dropped == [(ordinal, "the queue was full") for ordinal in range(5, 20)]
    assert (small.tally.acknowledged, small.tally.dropped) == (5, 15)
    assert small.over.is_set()


def test_what_nobody_took_in_time_is_dropped(dropped: Dropped) -> None:
    late = belt(dropped, grace_s=1.0)

    gevent.spawn(late.run).join(timeout=10)

    assert dropped == [(ordinal, "not sent 1 s after the end") for ordinal in range(20)]
    assert late.over.is_set()


def test_nothing_is_taken_before_it_is_due(dropped: Dropped) -> None:
    ahead = belt(dropped, ago_s=-0.05)
    gevent.spawn(ahead.run)

    first = ahead.take()

    assert first is not None
    assert time.monotonic() >= ahead.due_s(first)
    ahead.stop()


def test_a_belt_that_is_stopped_has_no_more_readings_than_it_laid_down(dropped: Dropped) -> None:
    stopped = belt(dropped, ago_s=0.0)
    stopped.stop()
    running = gevent.spawn(stopped.run)

    carried = list(taken(stopped))

    assert len(carried) == stopped.size < 20
    running.join(timeout=10)
    assert running.successful()
    assert dropped == []


def test_what_is_sent_long_after_it_was_due_is_late(dropped: Dropped) -> None:
    held_up = belt(dropped)
    gevent.spawn(held_up.run)
    first, second = held_up.take(), held_up.take()
    assert first is not None and second is not None

    held_up.carried(first, held_up.due_s(first) + 0.05, acknowledged=True)
    held_up.carried(second, held_up.due_s(second) + 0.2, acknowledged=False)

    assert (held_up.tally.late, held_up.tally.failed) == (1, 1)
    held_up.stop()
