"""`index.html` of a night: one page that makes no request to anywhere, and leads to the report of each run."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from harness.nightly.changes import Change
from harness.nightly.earlier import Earlier
from harness.nightly.index import Index
from harness.nightly.row import Outcome, Row
from harness.report import plots
from harness.report.page import environment, show

NIGHTS_MAX = 14
"""So many nights, this one included, are shown in the trend."""

WORDS: Mapping[str, tuple[str, str]] = {
    "verdict": ("verdict", ""),
    "scenario": ("scenario", ""),
    "lost": ("lost", ""),
    "duplicates": ("duplicates", ""),
    "appended": ("appended", ""),
    "overwritten": ("overwritten", ""),
    "append_p50_ms": ("append p50", " ms"),
    "append_p99_ms": ("append p99", " ms"),
    "arrival_p50_ms": ("arrival p50", " ms"),
    "arrival_p99_ms": ("arrival p99", " ms"),
    "delivered_hz": ("delivered", "/s"),
    "caught_up_s": ("caught up", " s"),
}
"""A figure's name on the page, and its unit."""

COLUMNS = (
    "delivered",
    "lost",
    "duplicates",
    "append_p99_ms",
    "arrival_p50_ms",
    "arrival_p99_ms",
    "delivered_hz",
    "caught_up_s",
)
"""The figures of the table."""

HEADS = {
    "delivered": "delivered",
    "lost": "lost",
    "duplicates": "dupl.",
    "append_p99_ms": "append p99, ms",
    "arrival_p50_ms": "arrival p50, s",
    "arrival_p99_ms": "arrival p99, s",
    "delivered_hz": "delivered, /s",
    "caught_up_s": "caught up, s",
}

_IN_SECONDS = ("arrival_p50_ms", "arrival_p99_ms")

CLASSES = {"valid": "valid", "invalid": "invalid", "unknown": "unknown"}
"""Of the outcomes in the style sheet; all others are `none`."""

_HEADLINES = {
    "green": "Every scenario ran, and came as it had to.",
    "red": "Something is broken.",
    "unknown": "Nothing is broken for certain, but something has no verdict.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A figure in the table.

    Attributes:
        change: how it differs from earlier nights; None where it does not.
    """

    text: str
    change: Change | None = None

    @property
    def style(self) -> str:
        """Its class in the style sheet."""
        if self.change is None:
            return ""
        return {True: "worse", False: "better", None: "other"}[self.change.worse]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of the table, as the template shows it."""

    row: Row
    style: str
    cells: Sequence[Cell]
    changes: Sequence[Change]
    picture: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    """A scenario in one night of the trend."""

    style: str
    letter: str
    told: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """A scenario over the nights."""

    name: str
    environment: str
    squares: Sequence[Square]


def night_page(
    index: Index,
    earlier: Sequence[Earlier],
    pictures: Mapping[str, str],
    folder: Path,
) -> str:
    """The page of a night.

    Args:
        earlier: nights that it is compared with, the oldest first.
        pictures: SVG by name of the scenario.
        folder: that the page is in: links to other nights are relative.
    """
    nights = [*earlier[-(NIGHTS_MAX - 1) :], Earlier(folder=folder, index=index)]
    return (
        environment()
        .get_template("night.html.j2")
        .render(
            index=index,
            style={"green": "valid", "red": "invalid"}.get(index.verdict, "unknown"),
            headline=headline(index),
            counts=_counts(index),
            lines=[_line(row, index.changes, pictures) for row in index.rows],
            heads=[HEADS[name] for name in COLUMNS],
            changes=[(each, sentence(each)) for each in index.changes],
            nights=[(night, _link(night, folder)) for night in nights],
            trails=list(trails(nights, folder)),
            trend=_trend(index, nights),
            told=[row for row in index.rows if row.reason and not _fine(row)],
            style_of=_style,
            show=show,
        )
    )


def _trend(index: Index, nights: Sequence[Earlier]) -> Markup:
    """The picture of the nights, once this one is over: it says nothing before."""
    if index.ending == "running":
        return Markup("")
    names = [night.index.name for night in nights]
    return Markup(plots.trend([_bar(night.index) for night in nights], names))


def headline(index: Index) -> str:
    """The night in a sentence."""
    if index.ending == "interrupted":
        return "The night was interrupted; this is what there was until then."
    if index.ending == "running":
        return "The night goes on; this is what there is until now."
    return _HEADLINES[index.verdict]


def _fine(row: Row) -> bool:
    return row.as_expected and row.outcome is Outcome.VALID


def _counts(index: Index) -> str:
    done = [row for row in index.rows if row.outcome is not Outcome.NOT_RUN]
    fine = sum(row.as_expected for row in done)
    return f"{fine} of {len(index.rows)} as expected, {len(done)} run, at least {index.at_least} wanted"


def _style(row: Row) -> str:
    """The class of a row's outcome in the style sheet: green is what came as it had to, also a canary."""
    if row.as_expected:
        return "valid"
    return "invalid" if row.found_by and row.judged else CLASSES.get(row.outcome, "none")


def _line(row: Row, changes: Sequence[Change], pictures: Mapping[str, str]) -> Line:
    own = [each for each in changes if each.scenario == row.name]
    by_figure = {each.what: each for each in own}
    return Line(
        row=row,
        style=_style(row),
        cells=[
            Cell(text=figure(name, row.figures.get(name)), change=by_figure.get(name))
            for name in COLUMNS
        ],
        changes=own,
        picture=Markup(pictures.get(row.name, "")),
    )


def figure(name: str, value: float | None) -> str:
    """A figure as the table shows it."""
    if value is None:
        return "-"
    if name in _IN_SECONDS:
        return show(round(value / 1000, 2))
    return show(_rounded(value))


def _rounded(value: float) -> float:
    return round(value) if abs(value) >= 100 else round(value, 1)


def sentence(change: Change) -> str:
    """A change in words, without the name of its scenario."""
    name, unit = WORDS.get(change.what, (change.what, ""))
    if change.what == "scenario":
        return "is new" if change.now == "new" else f"is gone; it was {change.before}"
    return f"{name} {_amount(change.before, unit)} → {_amount(change.now, unit)}"


def _amount(value: float | str | None, unit: str) -> str:
    if isinstance(value, str) or value is None:
        return value or "-"
    if unit == " ms" and abs(value) >= 1000:
        return f"{value / 1000:,.2f} s"
    return f"{show(_rounded(value))}{unit}"


def _bar(index: Index) -> dict[str, Any]:
    """A night as `plots.trend` draws runs: canaries do not count, for what they lose is wanted."""
    rows = [row for row in index.rows if not row.found_by]
    counts = {
        name: sum(int(row.figures.get(name) or 0) for row in rows) for name in ("delivered", "lost")
    }
    verdict = {"green": "valid", "red": "invalid"}.get(index.verdict, "unknown")
    return {"verdict": verdict, "counts": counts}


def _link(night: Earlier, folder: Path) -> str:
    """Where the page of another night is; empty where it is not beside this one and may not travel with it."""
    if night.folder.resolve().parent != folder.resolve().parent:
        return ""
    return (
        "" if night.folder.resolve() == folder.resolve() else f"../{night.folder.name}/index.html"
    )


def trails(nights: Sequence[Earlier], folder: Path) -> Iterator[Trail]:
    """Each scenario over the nights, a trail for each edition that it ran in."""
    keys = dict.fromkeys(
        (row.name, row.environment) for night in reversed(nights) for row in night.index.rows
    )
    for name, edition in keys:
        squares = [_square(night, name, edition, folder) for night in nights]
        yield Trail(name=name, environment=edition, squares=squares)


def _square(night: Earlier, name: str, edition: str, folder: Path) -> Square:
    row = night.index.row(name)
    if row is None or row.environment != edition or row.outcome is Outcome.NOT_RUN:
        return Square(style="absent", letter="", told=f"{night.index.name}: not run", link="")
    lost, twice = row.figures.get("lost"), row.figures.get("duplicates")
    told = f"{night.index.name}: {row.outcome}, lost {show(lost)}, duplicates {show(twice)}"
    return Square(
        style=_style(row),
        letter=row.outcome[0].upper(),
        told=told,
        link=_report(night, row, folder),
    )


def _report(night: Earlier, row: Row, folder: Path) -> str:
    if not row.report:
        return ""
    if night.folder.resolve() == folder.resolve():
        return row.report
    beside = _link(night, folder)
    return os.path.join(os.path.dirname(beside), row.report) if beside else ""  # noqa: PTH118, PTH120
