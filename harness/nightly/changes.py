"""What differs between a night and those before it, and whether that is for the worse.

A verdict is compared with the newest earlier night that has the scenario in the same edition, a figure with the median
of the newest ones: one odd night shifts nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from harness.checkers.verdict import Ruling
from harness.nightly.library import Kind
from harness.nightly.row import Outcome, Row

NIGHTS_MAX = 7
"""So many earlier nights make the median."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference.

    Attributes:
        scenario: whose.
        environment: where.
        what: `verdict`, a figure, or `scenario` for one that is new or gone.
        before, now: as they are; None where there was none.
        worse: True or False; None for neither.
    """

    scenario: str
    environment: str
    what: str
    before: float | str | None
    now: float | str | None
    worse: bool | None

    def to_json(self) -> dict[str, Any]:
        """Its form in `index.json`."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Rule:
    """When a figure has changed.

    Attributes:
        share: by so much of what it was, and
        least: by so much at least.
        more_is_worse: None: neither is.
    """

    share: float
    least: float
    more_is_worse: bool | None


RULES: Mapping[str, _Rule] = {
    "lost": _Rule(0.0, 1, True),
    # How many a cut makes depends on what it hits: a batch more or less is no news.
    "duplicates": _Rule(0.5, 50, True),
    "append_p50_ms": _Rule(0.5, 20, True),
    "append_p99_ms": _Rule(1.0, 100, True),
    "arrival_p50_ms": _Rule(0.5, 1000, True),
    "arrival_p99_ms": _Rule(0.5, 3000, True),
    "delivered_hz": _Rule(0.15, 1, False),
    "caught_up_s": _Rule(0.5, 5, True),
    "appended": _Rule(0.1, 50, None),
    "overwritten": _Rule(0.25, 50, None),
}
"""Besides the verdict. What is at most this different is what a machine does that is busy with other things."""

_RANK = (
    Outcome.VALID,
    Outcome.UNKNOWN,
    Outcome.NOT_RUN,
    Outcome.INTERRUPTED,
    Outcome.UNAVAILABLE,
    Outcome.REFUSED,
    Outcome.CRASHED,
    Outcome.HUNG,
    Outcome.INVALID,
)
"""From the best to the worst."""


def changes_of(
    rows: Sequence[Row], earlier: Sequence[Sequence[Row]], *, whole: bool = True
) -> list[Change]:
    """What differs, the worse first; nothing where there was no night before.

    Args:
        rows: of tonight.
        earlier: those of the nights before, the oldest first.
        whole: whether tonight has all there is, so that what is not there is gone.
    """
    if not earlier:
        return []
    found = [each for row in rows for each in _of_row(row, _same(row, earlier))]
    found += _gone(rows, earlier[-1]) if whole else []
    return sorted(found, key=lambda each: each.worse is not True)


def _same(row: Row, earlier: Sequence[Sequence[Row]]) -> list[Row]:
    """The same scenario in the same edition in the nights before, the oldest first."""
    return [
        each
        for night in earlier
        for each in night
        if (each.name, each.environment) == (row.name, row.environment)
        and each.outcome is not Outcome.NOT_RUN
    ]


def _of_row(row: Row, before: Sequence[Row]) -> Iterator[Change]:
    if row.outcome is Outcome.NOT_RUN:
        return
    if not before:
        yield _change(row, "scenario", None, "new", None)
        return
    last = before[-1]
    if last.outcome is not row.outcome:
        yield _change(row, "verdict", str(last.outcome), str(row.outcome), _is_worse(last, row))
    for name, rule in _rules_for(row).items():
        known = [each.figures.get(name) for each in before[-NIGHTS_MAX:]]
        usual = [value for value in known if value is not None]
        now = row.figures.get(name)
        if usual and now is not None and _differs(rule, median(usual), now):
            yield _change(row, name, median(usual), now, _figure_is_worse(rule, median(usual), now))


def _rules_for(row: Row) -> Mapping[str, _Rule]:
    if row.expected is Ruling.INVALID:
        # What a canary loses is no figure of the system.
        return {}
    if row.kind is Kind.DRAWN:
        # It has another plan every night.
        return {"lost": RULES["lost"]}
    return RULES


def _change(
    row: Row, what: str, before: float | str | None, now: float | str | None, worse: bool | None
) -> Change:
    return Change(
        scenario=row.name,
        environment=row.environment,
        what=what,
        before=before,
        now=now,
        worse=worse,
    )


def _is_worse(before: Row, now: Row) -> bool:
    """Whether a run came less as it had to than before: a canary that passes is worse than one that is found."""
    if before.as_expected != now.as_expected:
        return before.as_expected
    return _RANK.index(now.outcome) > _RANK.index(before.outcome)


def _differs(rule: _Rule, before: float, now: float) -> bool:
    return abs(now - before) >= rule.least and abs(now - before) > rule.share * abs(before)


def _figure_is_worse(rule: _Rule, before: float, now: float) -> bool | None:
    return None if rule.more_is_worse is None else (now > before) == rule.more_is_worse


def _gone(rows: Sequence[Row], last: Sequence[Row]) -> Iterator[Change]:
    there = {row.name for row in rows}
    for row in last:
        if row.name not in there:
            yield _change(row, "scenario", str(row.outcome), "gone", True)
