"""What a night comes to: green, red or unknown, and why."""

from collections.abc import Iterable, Iterator, Sequence

from harness.checkers.verdict import Ruling
from harness.commands.outcome import ExitStatus, worst
from harness.nightly.row import Outcome, Row

_NO_VERDICT = {
    Outcome.CRASHED: "crashed",
    Outcome.HUNG: "hung",
    Outcome.REFUSED: "could not be run",
    Outcome.NOT_RUN: "was not run",
    Outcome.INTERRUPTED: "was interrupted",
}


def status_of(rows: Sequence[Row], at_least: int) -> tuple[ExitStatus, list[str]]:
    """The exit status of a night, in the order 4, 1, 3, 0, and why it is not green.

    Args:
        rows: all that there were to be.
        at_least: so many there have to be.
    """
    found = [each for row in rows for each in _of_row(row)]
    found += _too_few(len(rows), at_least)
    found.sort(key=lambda each: _ORDER.index(each[0]))
    return worst(status for status, _ in found), [reason for _, reason in found]


_ORDER = (ExitStatus.NO_ENVIRONMENT, ExitStatus.INVALID, ExitStatus.UNKNOWN)


def _of_row(row: Row) -> Iterator[tuple[ExitStatus, str]]:
    if row.as_expected:
        return
    reason = " ".join(row.reason.split())
    if row.outcome is Outcome.UNAVAILABLE:
        yield ExitStatus.NO_ENVIRONMENT, f"{row.name} had no environment: {reason}"
    elif row.outcome in _NO_VERDICT:
        # A verdict is missing: fewer scenarios than expected.
        yield ExitStatus.INVALID, f"{row.name} {_NO_VERDICT[row.outcome]}: {reason}"
    elif row.expected is Ruling.INVALID:
        yield ExitStatus.INVALID, _blind(row)
    elif row.outcome is Outcome.INVALID:
        yield ExitStatus.INVALID, f"{row.name} is invalid: {reason}"
    else:
        yield ExitStatus.UNKNOWN, f"{row.name} is unknown: {reason}"


def _blind(row: Row) -> str:
    said = row.checkers.get(row.found_by, row.outcome) if row.found_by else row.outcome
    who = f"the checker {row.found_by}" if row.found_by else "the verdict"
    return (
        f"{row.name} was not found out: its stream manager loses data, and {who} says {said}; "
        "the verdicts of this night prove nothing"
    )


def _too_few(count: int, at_least: int) -> Iterable[tuple[ExitStatus, str]]:
    if count < at_least:
        yield ExitStatus.INVALID, f"there were {count} scenarios, and there have to be {at_least}"
