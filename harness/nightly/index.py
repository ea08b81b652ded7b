"""`index.json`: a night for machines, and for the nights that come after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from harness.nightly.changes import Change
from harness.nightly.row import Row

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """One night.

    Attributes:
        name: of its folder.
        date: that its seed is of, ISO 8601.
        environment: that it was to run in.
        why_here: why it did not run in containers where nobody asked for anything else; empty otherwise.
        started, finished: ISO 8601; finished is empty until the night is over.
        ending: `complete`, `running`, `interrupted`.
        stream_manager: command that was put in the place of ours; empty for ours.
        only: the names that it was restricted to.
        left_out: the names of those that are not for nights in this environment.
        at_least: so many runs there had to be.
        versions: of the parts, as the newest run tells them.
        compared_with: names of the earlier nights, the oldest first.
        changes: what differs from them.
        status: exit status of the night.
        reasons: why it is not green, a sentence each.
    """

    name: str
    date: str
    seed: int
    environment: str
    why_here: str = ""
    started: str
    finished: str = ""
    ending: str = "running"
    stream_manager: str = ""
    only: Sequence[str] = ()
    left_out: Sequence[str] = ()
    at_least: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)
    compared_with: Sequence[str] = ()
    rows: Sequence[Row] = ()
    changes: Sequence[Change] = ()
    status: int = 0
    reasons: Sequence[str] = ()

    @property
    def verdict(self) -> str:
        """`green`, `red` or `unknown`."""
        return {0: "green", 3: "unknown"}.get(self.status, "red")

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it goes on."""
        try:
            begun, ended = map(datetime.fromisoformat, (self.started, self.finished))
        except ValueError:
            return None
        return (ended - begun).total_seconds()

    def row(self, name: str) -> Row | None:
        """The row of a scenario."""
        return next((row for row in self.rows if row.name == name), None)

    def to_json(self) -> dict[str, Any]:
        """The content of `index.json`."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        return {
            "format": FORMAT,
            **{key: list(each) if isinstance(each, tuple) else each for key, each in plain.items()},
            "verdict": self.verdict,
            "versions": dict(self.versions),
            "rows": [row.to_json() for row in self.rows],
            "changes": [change.to_json() for change in self.changes],
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "Index":
        """The night that `to_json` described.

        Raises:
            ValueError: it is of another format, or none.
        """
        if plain.get("format") != FORMAT:
            raise ValueError(
                f"an index of format {plain.get('format')!r}; this build reads {FORMAT}"
            )
        try:
            fields = {key: value for key, value in plain.items() if key in cls.__slots__}
            night = cls(**fields)
            return replace(
                night,
                rows=tuple(Row.from_json(row) for row in plain["rows"]),
                changes=tuple(Change(**change) for change in plain["changes"]),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"what it tells cannot be understood: {error!r}") from error
