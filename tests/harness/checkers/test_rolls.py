from harness.checkers.links import Links
from harness.checkers.rolls import roll_choices

from .telling import Telling


def choices(told: Telling) -> list[frozenset[int]]:
    history = told.history()
    return roll_choices(history.streams["S", 0], Links(history).restarts)


def ten_appends() -> Telling:
    told = Telling()
    told.stream("S")
    for number in range(10):
        told.append("S", number, at=1000.0 * number)
    return told


def test_without_a_restart_no_segment_is_begun_for_one() -> None:
    assert choices(ten_appends()) == [frozenset()]


def test_the_first_appends_after_a_restart_may_begin_a_segment() -> None:
    told = ten_appends()
    told.restart(4_500.0, 4_900.0)
    assert choices(told) == [frozenset(), frozenset({5}), frozenset({6}), frozenset({7})]


def test_the_times_of_the_edge_tap_count_rather_than_when_the_process_was_missed() -> None:
    told = ten_appends()
    told.line(4_500.0, "edge-tap", "connection", "note", id="c", closed_by="server", up=0, down=0)
    for at, state in ((6_500.0, "gone"), (6_600.0, "started")):
        told.line(at, "harness", "process", "note", target="stream_manager", state=state, pid=1)
    assert frozenset({5}) in choices(told)


def test_each_restart_may_begin_one_of_its_own() -> None:
    told = ten_appends()
    told.restart(2_500.0, 2_900.0)
    told.restart(6_500.0, 6_900.0)
    assert frozenset({3, 7}) in choices(told)
    assert frozenset({7}) in choices(told)


def test_many_restarts_do_not_make_choices_without_end() -> None:
    told = ten_appends()
    for number in range(9):
        told.restart(1000.0 * number + 500, 1000.0 * number + 900)
    found = choices(told)
    assert len(found) <= 64
    assert found[0] == frozenset()
