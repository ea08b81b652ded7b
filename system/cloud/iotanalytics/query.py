"""Runs the SQL of a dataset.

IoT Analytics queries with Presto's SQL, here SQLite answers. Moments are epoch seconds, so Presto's words for the
present, for intervals and for conversions of moments become numbers and functions of numbers; the rest is common to
both. Only reading is allowed.
"""

import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from system.cloud.iotanalytics.messages import DAY_COLUMN, DAY_S, MessageTable

QUERY_S_MAX = 60.0
STEPS_BETWEEN_LOOKS = 100_000

UNITS_S = {"second": 1, "minute": 60, "hour": 3600, "day": DAY_S, "week": 7 * DAY_S}
UNIT_WORDS = "|".join(UNITS_S)

INTERVAL = re.compile(rf"\binterval\s+'([+-]?\d+(?:\.\d+)?)'\s+({UNIT_WORDS})s?\b", re.IGNORECASE)
MOMENT = re.compile(r"\b(?:timestamp|date)\s+'(\d{4}-\d\d-\d\d[^']*)'", re.IGNORECASE)
# Text and quoted names stay as they are.
QUOTED = re.compile(r"""('(?:[^']|'')*'|"(?:[^"]|"")*")""")
WORDS = (
    (re.compile(r"\b(?:now\s*\(\s*\)|(?:current|local)_?timestamp\b(?:\s*\(\d*\))?)", re.I), "__now()"),
    (re.compile(r"\bcurrent_date\b", re.IGNORECASE), "__today()"),
    (re.compile(r"\btry_cast\s*\(", re.IGNORECASE), "cast("),
)  # fmt: skip
ALLOWED = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)


@dataclass(eq=False)
class QueryFailed(Exception):
    """A query that could not be answered."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Lets a query see only what a time expression puts after `begin` and not after `end`."""

    expression: str
    begin: float | None
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The rows that a query found."""

    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]


def _moment(text: str) -> float:
    parsed = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def _moment_literal(match: re.Match[str]) -> str:
    try:
        return repr(_moment(match[1]))
    except ValueError as error:
        raise QueryFailed(f"{match[0]} is not a moment") from error


def translated(sql: str) -> str:
    """Presto's SQL as SQLite understands it."""
    sql = INTERVAL.sub(lambda found: repr(float(found[1]) * UNITS_S[found[2].lower()]), sql)
    sql = MOMENT.sub(_moment_literal, sql)
    parts = QUOTED.split(sql)
    # Every second part is a quoted one.
    parts[::2] = [_plain(part) for part in parts[::2]]
    return "".join(parts).strip().rstrip(";")


def _plain(part: str) -> str:
    for pattern, replacement in WORDS:
        part = pattern.sub(replacement, part)
    return part


def _truncated(unit: str, moment: float | None) -> float | None:
    length = UNITS_S.get(unit.lower())
    if moment is None or length is None:
        return None
    return moment // length * length


def add_functions(connection: sqlite3.Connection, present: float) -> None:
    """Give a connection the functions of moments that Presto has."""
    functions: dict[str, tuple[int, Callable[..., float | None]]] = {
        "__now": (0, lambda: present),
        "__today": (0, lambda: present // DAY_S * DAY_S),
        "from_unixtime": (1, lambda seconds: seconds),
        "to_unixtime": (1, lambda moment: moment),
        "from_iso8601_timestamp": (1, lambda text: None if text is None else _moment(text)),
        "date_trunc": (2, _truncated),
    }
    for name, (arguments, function) in functions.items():
        connection.create_function(name, arguments, function)


def restrict(connection: sqlite3.Connection, seconds: float = QUERY_S_MAX) -> None:
    """From now on a connection may only read, and not for ever."""
    deadline = time.monotonic() + seconds
    connection.set_progress_handler(lambda: time.monotonic() > deadline, STEPS_BETWEEN_LOOKS)
    connection.set_authorizer(
        lambda action, *_: sqlite3.SQLITE_OK if action in ALLOWED else sqlite3.SQLITE_DENY
    )


def run(sql: str, table: str, messages: MessageTable, window: Window | None = None) -> Result:
    """Answer a query over the messages of a datastore.

    Args:
        sql: as the dataset has it.
        table: name of the datastore, as the query calls it.
        messages: of the datastore.
        window: what of it the query may see.

    Raises:
        QueryFailed: it cannot be answered.
    """
    name = f"{table}__all" if window else table
    with messages.reading(name) as connection:
        add_functions(connection, datetime.now(UTC).timestamp())
        try:
            if window is not None:
                connection.execute(_windowed(table, name, window))
            restrict(connection)
            cursor = connection.execute(translated(sql))
            columns = tuple(each[0] for each in cursor.description or ())
            return Result(columns=columns, rows=list(_formatted(columns, cursor)))
        except sqlite3.Error as error:
            # A datastore learns its columns from its first message: before it every query finds nothing.
            if messages.empty() and "no such column" in str(error):
                return Result(columns=(), rows=[])
            raise QueryFailed(str(error)) from error


def _windowed(table: str, source: str, window: Window) -> str:
    expression = translated(window.expression)
    after = "" if window.begin is None else f" AND ({expression}) > {window.begin!r}"
    condition = f"({expression}) <= {window.end!r}{after}"
    return f'CREATE TEMP VIEW "{table}" AS SELECT * FROM "{source}" WHERE {condition}'


def _formatted(columns: tuple[str, ...], rows: sqlite3.Cursor) -> Iterator[tuple[object, ...]]:
    days = [index for index, name in enumerate(columns) if name == DAY_COLUMN]
    for row in rows:
        values = list(row)
        for index in days:
            values[index] = f"{datetime.fromtimestamp(row[index], UTC):%Y-%m-%d} 00:00:00.000"
        yield tuple(values)


def evaluated(expression: str, attributes: dict[str, object]) -> object:
    """The value of an expression over one message, as filter and math activities have them.

    Raises:
        QueryFailed: it has none.
    """
    connection = sqlite3.connect(":memory:")
    try:
        add_functions(connection, datetime.now(UTC).timestamp())
        restrict(connection)
        plain = {
            name: value
            for name, value in attributes.items()
            if isinstance(value, str | int | float | None)
        }
        columns = ", ".join(f'? AS "{name.replace(chr(34), chr(34) * 2)}"' for name in plain) or "1"
        sql = f"SELECT ({translated(expression)}) FROM (SELECT {columns})"
        row = connection.execute(sql, list(plain.values())).fetchone()
    except sqlite3.Error as error:
        raise QueryFailed(str(error)) from error
    finally:
        connection.close()
    value: object = row[0]
    return value
