"""What differs between nights, and whether that is for the worse."""

import pytest

from harness.nightly.changes import Change, changes_of
from harness.nightly.library import Kind
from harness.nightly.page import sentence
from harness.nightly.row import Outcome, Row

from .conftest import canary_row, row


def told(tonight: Row, *earlier: Row) -> list[tuple[str, bool | None]]:
    changes = changes_of([tonight], [[each] for each in earlier])
    return [(sentence(each), each.worse) for each in changes]


def test_equal_nights_differ_in_nothing() -> None:
    assert told(row(), row()) == []


def test_the_first_night_has_nothing_to_compare_with() -> None:
    assert changes_of([row()], []) == []


def test_a_verdict_is_compared_with_the_newest_night() -> None:
    assert told(row(), row(outcome=Outcome.INVALID), row()) == []
    assert told(row(outcome=Outcome.INVALID), row()) == [("verdict valid → invalid", True)]
    assert told(row(), row(outcome=Outcome.HUNG)) == [("verdict hung → valid", False)]
    assert told(row(outcome=Outcome.HUNG), row(outcome=Outcome.UNKNOWN)) == [
        ("verdict unknown → hung", True)
    ]


def test_a_canary_that_passes_is_worse_than_one_that_is_found_out() -> None:
    assert told(canary_row(Outcome.VALID), canary_row()) == [("verdict invalid → valid", True)]
    assert told(canary_row(), canary_row(Outcome.VALID)) == [("verdict valid → invalid", False)]


def test_what_a_canary_loses_is_no_figure_of_the_system() -> None:
    assert told(canary_row(figures={"lost": 900}), canary_row(figures={"lost": 20})) == []


@pytest.mark.parametrize(
    ("figure", "now", "said", "worse"),
    [
        ("lost", 1, "lost 0 → 1", True),
        ("duplicates", 371, "duplicates 10 → 371", True),
        ("append_p99_ms", 400.0, "append p99 40 ms → 400 ms", True),
        ("arrival_p50_ms", 4500.0, "arrival p50 2.00 s → 4.50 s", True),
        ("delivered_hz", 20.0, "delivered 40/s → 20/s", True),
        ("delivered_hz", 80.0, "delivered 40/s → 80/s", False),
        ("caught_up_s", 30.0, "caught up 8 s → 30 s", True),
        ("appended", 500, "appended 1,000 → 500", None),
    ],
)
def test_a_figure_that_differs_is_told(
    figure: str, now: float, said: str, worse: bool | None
) -> None:
    assert told(row(figures={figure: now}), row()) == [(said, worse)]


@pytest.mark.parametrize(
    ("figure", "now"),
    [
        ("duplicates", 50),
        ("append_p99_ms", 75.0),
        ("arrival_p50_ms", 2600.0),
        ("delivered_hz", 37.0),
        ("caught_up_s", 11.0),
        ("caught_up_s", None),
    ],
)
def test_what_a_busy_machine_does_is_no_news(figure: str, now: float | None) -> None:
    assert told(row(figures={figure: now}), row()) == []


def test_of_what_is_drawn_anew_every_night_only_verdict_and_loss_are_compared() -> None:
    tonight = row(kind=Kind.DRAWN, figures={"lost": 3, "duplicates": 900, "delivered_hz": 1.0})
    assert told(tonight, row(kind=Kind.DRAWN)) == [("lost 0 → 3", True)]


def test_a_figure_is_compared_with_the_median_so_that_one_odd_night_shifts_nothing() -> None:
    odd = row(figures={"duplicates": 900})
    assert told(row(), row(), row(), odd) == []
    assert told(odd, row(), row(), odd)[0] == ("duplicates 10 → 900", True)


def test_only_the_same_edition_is_compared() -> None:
    elsewhere = row(outcome=Outcome.INVALID, environment="containers")
    assert told(row(), elsewhere) == [("is new", None)]


def test_what_is_gone_is_told_unless_only_some_were_asked_for() -> None:
    before = [[row("kept"), row("gone_one")]]
    assert [(each.scenario, sentence(each)) for each in changes_of([row("kept")], before)] == [
        ("gone_one", "is gone; it was valid")
    ]
    assert changes_of([row("kept")], before, whole=False) == []


def test_a_row_whose_turn_has_not_come_has_changed_in_nothing() -> None:
    assert told(row(outcome=Outcome.NOT_RUN), row()) == []
    assert told(row(), row(), row(outcome=Outcome.NOT_RUN)) == []


def test_the_worse_stands_first() -> None:
    tonight = [row("a", figures={"delivered_hz": 90.0}), row("b", outcome=Outcome.INVALID)]
    changes = changes_of(tonight, [[row("a"), row("b")]])
    assert [each.scenario for each in changes] == ["b", "a"]
    assert changes[0] == Change(
        scenario="b",
        environment="local",
        what="verdict",
        before="valid",
        now="invalid",
        worse=True,
    )
