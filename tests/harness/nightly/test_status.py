"""What a night comes to, and how long it still takes."""

from datetime import UTC, datetime

import pytest

from harness.nightly.pace import Pace
from harness.nightly.row import Outcome, Row
from harness.nightly.status import status_of

from .conftest import canary_row, row


def test_a_night_is_green_when_all_came_as_it_had_to() -> None:
    assert status_of([row(), canary_row()], at_least=2) == (0, [])


@pytest.mark.parametrize(
    ("outcome", "status", "said"),
    [
        (Outcome.INVALID, 1, "kept is invalid: it is invalid"),
        (Outcome.UNKNOWN, 3, "kept is unknown: it is unknown"),
        (Outcome.HUNG, 1, "kept hung: it is hung"),
        (Outcome.CRASHED, 1, "kept crashed: it is crashed"),
        (Outcome.REFUSED, 1, "kept could not be run: it is refused"),
        (Outcome.NOT_RUN, 1, "kept was not run: it is not run"),
        (Outcome.UNAVAILABLE, 4, "kept had no environment: it is unavailable"),
    ],
)
def test_a_scenario_that_came_otherwise_decides(outcome: Outcome, status: int, said: str) -> None:
    assert status_of([row(outcome=outcome), canary_row()], at_least=2) == (status, [said])


@pytest.mark.parametrize(
    "canary",
    [
        canary_row(Outcome.VALID),
        canary_row(Outcome.UNKNOWN),
        canary_row(Outcome.INVALID, checkers={"loss": "valid", "ordering": "invalid"}),
    ],
)
def test_a_canary_that_is_not_found_out_makes_the_night_red(canary: Row) -> None:
    status, (reason,) = status_of([row(), canary], at_least=2)
    assert status == 1
    assert reason.startswith("canary was not found out: ")
    assert reason.endswith("the verdicts of this night prove nothing")


def test_fewer_scenarios_than_expected_make_the_night_red() -> None:
    assert status_of([row()], at_least=2) == (
        1,
        ["there were 1 scenarios, and there have to be 2"],
    )


def test_the_worst_counts_and_stands_first() -> None:
    rows = [row(outcome=each) for each in (Outcome.UNKNOWN, Outcome.INVALID, Outcome.UNAVAILABLE)]
    status, reasons = status_of(rows, at_least=3)
    assert status == 4
    assert [reason.split()[1] for reason in reasons] == ["had", "is", "is"]
    assert status_of(rows[:2], at_least=2)[0] == 1


def test_what_is_left_is_told_at_the_pace_of_what_is_over() -> None:
    pace = Pace([60.0, 60.0, 120.0])
    now = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
    assert pace.left(now) == "about 4 min to go, until 01:04"
    pace.done(60.0, 120.0)
    assert pace.left_s == 360
    pace.done(60.0, 60.0)
    assert pace.left_s == 180
