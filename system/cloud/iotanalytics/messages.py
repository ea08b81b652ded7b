"""The messages of one datastore, in a SQLite file: queries run beside the arrival of messages, and nothing piles up in
memory."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

Attributes = Mapping[str, Any]

TABLE = "__messages"
DAY_COLUMN = "__dt"
"""The day of arrival: IoT Analytics adds it to every datastore and partitions by it."""

DAY_S = 86400


def quoted(name: str) -> str:
    """A name as SQL writes it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


class MessageTable:
    """Messages in the order of their arrival.

    Args:
        path: of the file; an old one is replaced.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        for old in path.parent.glob(f"{path.name}*"):
            old.unlink()
        self._path = path
        self._lock = Lock()
        # Insertion order is the order in which columns were first seen.
        self._columns: dict[str, None] = {}
        self._writing = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        # Readers do not wait for the writer, and a crash loses nothing: LocalStack forgets the datastore as well.
        self._writing.execute("PRAGMA journal_mode=WAL")
        self._writing.execute("PRAGMA synchronous=OFF")
        self._writing.execute(f"CREATE TABLE {TABLE} (arrived REAL, content TEXT)")

    def append(self, messages: Iterable[Attributes], *, arrived: float) -> None:
        """Add messages that arrived at an epoch second."""
        rows = []
        with self._lock:
            for message in messages:
                self._columns.update(dict.fromkeys(message))
                rows.append((arrived, json.dumps(message)))
            self._writing.execute("BEGIN")
            self._writing.executemany(f"INSERT INTO {TABLE} VALUES (?, ?)", rows)
            self._writing.execute("COMMIT")

    def forget_before(self, moment: float) -> None:
        """Drop what arrived before an epoch second."""
        with self._lock:
            self._writing.execute(f"DELETE FROM {TABLE} WHERE arrived < ?", (moment,))

    def empty(self) -> bool:
        """Whether no message was ever added."""
        return not self._columns

    def size(self) -> int:
        """How many bytes the messages have."""
        with self._lock:
            total = self._writing.execute(f"SELECT total(length(content)) FROM {TABLE}").fetchone()
        return int(total[0])

    @contextmanager
    def reading(self, name: str) -> Iterator[sqlite3.Connection]:
        """A connection in which the messages are a table with one column for each attribute.

        Args:
            name: of that table.
        """
        with self._lock:
            columns = list(self._columns)
        with closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            connection.execute(self._view(name, columns))
            yield connection

    @staticmethod
    def _view(name: str, columns: list[str]) -> str:
        extracted = [
            f"json_extract(content, '$.{_path(column)}') AS {quoted(column)}" for column in columns
        ]
        day = f"CAST(arrived / {DAY_S} AS INTEGER) * {DAY_S} AS {DAY_COLUMN}"
        return (
            f"CREATE TEMP VIEW {quoted(name)} AS SELECT {', '.join([*extracted, day])} FROM {TABLE}"
        )

    def close(self) -> None:
        """Close the file and remove it."""
        with self._lock:
            self._writing.close()
            for part in self._path.parent.glob(f"{self._path.name}*"):
                part.unlink()


def _path(column: str) -> str:
    return quoted(column).replace("'", "''")
