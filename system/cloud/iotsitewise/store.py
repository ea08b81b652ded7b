"""The values of one account in one region, in a SQLite file: what was accepted is on disk before the answer, and there
again when LocalStack is started with the same folder.

A value is told by its property, its moment and its quality: another one of the same replaces it.
"""

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import uuid4

from localstack import config
from localstack.aws.api import RequestContext

LOCK = Lock()
"""Held while values are written: SQLite has one writer at a time."""

_TABLES = """
CREATE TABLE IF NOT EXISTS series (
    id TEXT PRIMARY KEY, alias TEXT UNIQUE, asset TEXT, property TEXT, type TEXT, created REAL, UNIQUE (asset, property)
);
CREATE TABLE IF NOT EXISTS reading (
    series TEXT, seconds INTEGER, nanos INTEGER, quality TEXT, content TEXT, arrived REAL,
    PRIMARY KEY (series, seconds, nanos, quality)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Place:
    """What an entry or a reader names: an alias, or an asset and its property."""

    alias: str | None
    asset: str | None
    property: str | None

    def __str__(self) -> str:
        return self.alias or f"{self.asset}/{self.property}"


@dataclass(frozen=True, slots=True)
class Series:
    """One data stream.

    Attributes:
        type: of its values, as the first one had it.
        created: epoch seconds.
    """

    id: str
    alias: str | None
    asset: str | None
    property: str | None
    type: str
    created: float


@dataclass(frozen=True, slots=True)
class Reading:
    """One value.

    Attributes:
        content: the value as the request had it, e.g. {"doubleValue": 1.5}.
    """

    seconds: int
    nanos: int
    quality: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which values a reader wants.

    Attributes:
        after, until: epoch seconds; the first does not belong to it, the last does.
        qualities: any of them.
    """

    after: float | None = None
    until: float | None = None
    qualities: tuple[str, ...] = ("GOOD",)
    newest_first: bool = False
    offset: int = 0
    limit: int = 1


class ValueStore:
    """See the module.

    Args:
        path: of the file; made if it is not there.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        with self._opened() as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.executescript(_TABLES)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous=FULL")
            yield connection

    def put(self, entries: Iterable[tuple[Place, str, Iterable[Reading]]]) -> None:
        """Store values, all or none; a place that is new becomes a data stream of the type given."""
        arrived = time.time()
        with LOCK, self._opened() as connection:
            connection.execute("BEGIN")
            for place, kind, readings in entries:
                series = _find(connection, place) or _create(connection, place, kind, arrived)
                connection.executemany(
                    "INSERT OR REPLACE INTO reading VALUES (?, ?, ?, ?, ?, ?)",
                    [
                        (series.id, r.seconds, r.nanos, r.quality, json.dumps(r.content), arrived)
                        for r in readings
                    ],
                )
            connection.execute("COMMIT")

    def find(self, place: Place) -> Series | None:
        """The data stream of a place."""
        with self._opened() as connection:
            return _find(connection, place)

    def all_series(self, prefix: str) -> list[Series]:
        """The data streams whose alias begins so, the oldest first; all of them with an empty prefix."""
        with self._opened() as connection:
            rows = connection.execute("SELECT * FROM series ORDER BY created, id").fetchall()
        found = [Series(*row) for row in rows]
        return [each for each in found if not prefix or (each.alias or "").startswith(prefix)]

    def delete(self, series: Series) -> None:
        """Forget a data stream and its values."""
        with LOCK, self._opened() as connection:
            connection.execute("BEGIN")
            connection.execute("DELETE FROM reading WHERE series = ?", (series.id,))
            connection.execute("DELETE FROM series WHERE id = ?", (series.id,))
            connection.execute("COMMIT")

    def readings(self, series: Series, span: Span) -> list[Reading]:
        """The values of a span, in the order of their moments."""
        order = "DESC" if span.newest_first else "ASC"
        marks = ", ".join("?" * len(span.qualities))
        moment = "(seconds + nanos / 1e9)"
        query = (
            f"SELECT seconds, nanos, quality, content FROM reading WHERE series = ? AND quality IN ({marks})"
            f" AND (? IS NULL OR {moment} > ?) AND (? IS NULL OR {moment} <= ?)"
            f" ORDER BY seconds {order}, nanos {order} LIMIT ? OFFSET ?"
        )
        bounds = (span.after, span.after, span.until, span.until, span.limit, span.offset)
        with self._opened() as connection:
            rows = connection.execute(query, (series.id, *span.qualities, *bounds)).fetchall()
        return [
            Reading(seconds, nanos, quality, json.loads(content))
            for seconds, nanos, quality, content in rows
        ]


def _find(connection: sqlite3.Connection, place: Place) -> Series | None:
    where = "alias = ?" if place.alias else "asset = ? AND property = ?"
    given = (place.alias,) if place.alias else (place.asset, place.property)
    row = connection.execute(f"SELECT * FROM series WHERE {where}", given).fetchone()
    return Series(*row) if row else None


def _create(connection: sqlite3.Connection, place: Place, kind: str, created: float) -> Series:
    series = Series(str(uuid4()), place.alias, place.asset, place.property, kind, created)
    connection.execute(
        "INSERT INTO series VALUES (?, ?, ?, ?, ?, ?)",
        (series.id, series.alias, series.asset, series.property, series.type, series.created),
    )
    return series


_stores: dict[Path, ValueStore] = {}


def store_of(context: RequestContext) -> ValueStore:
    """The values of the caller's account and region."""
    # Its folder for data is emptied when it starts, unless it keeps all of its state.
    folder = Path(config.dirs.var_libs) / "iotsitewise"
    path = folder / f"{context.account_id}-{context.region}.sqlite"
    with LOCK:
        if path not in _stores:
            _stores[path] = ValueStore(path)
        return _stores[path]
