"""A night: every entry of the library in its turn, and after each of them the index anew."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from harness.commands.outcome import ExitStatus
from harness.interruption import undisturbed
from harness.nightly.changes import changes_of
from harness.nightly.earlier import Earlier
from harness.nightly.harvest import Harvest, harvest, refused
from harness.nightly.index import Index
from harness.nightly.library import Entry, Library
from harness.nightly.pace import Pace
from harness.nightly.row import Outcome, Row, waiting
from harness.nightly.running import Runner, repeat
from harness.nightly.status import status_of

LOG = "run.log"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be run tonight.

    Attributes:
        folder: of the night; it exists.
        index: of it, as far as it is known before the first run.
        earlier: the nights that it is compared with, the oldest first.
    """

    folder: Path
    library: Library
    index: Index
    earlier: Sequence[Earlier]


@dataclass(slots=True)
class Night:
    """A night that goes on.

    Attributes:
        say: told what happens, a line each.
        write: writes the index.
    """

    order: Order
    runner: Runner
    write: Callable[[Index, Harvest | None], None]
    say: Callable[[str], None]
    now: Callable[[], datetime]
    _done: dict[str, Row] = field(default_factory=dict)

    def run(self) -> Index:
        """Run all of it.

        Returns:
            What came of it; `ending` tells whether it was interrupted.
        """
        try:
            self._write("running", None)
            if self._run_all():
                return self._write("complete", None)
        except KeyboardInterrupt:
            pass
        with undisturbed():
            return self._write("interrupted", None)

    def _run_all(self) -> bool:
        """Whether it came to its end."""
        entries = self.order.library.entries
        pace = Pace([each.rough_s for each in entries])
        for number, entry in enumerate(entries, 1):
            head = f"{number}/{len(entries)} {entry.name}"
            self.say(f"{head} ({_told(entry)}), {pace.left(self.now())}")
            came = self._run(entry)
            self._done[entry.name] = came.row
            pace.done(entry.rough_s, came.row.seconds if came.row.judged else entry.rough_s)
            self.say(_result(came.row))
            self._write("running", came)
            if came.row.outcome is Outcome.INTERRUPTED:
                return False
        return True

    def _run(self, entry: Entry) -> Harvest:
        if entry.problem:
            return refused(entry)
        folder = self.order.folder
        ended = self.runner(entry, folder, folder / entry.name / LOG, self._indented)
        return harvest(entry, ended, folder)

    def _indented(self, line: str) -> None:
        self.say(f"    {line}")

    def _write(self, ending: str, fresh: Harvest | None) -> Index:
        index = self._index(ending)
        self.write(index, fresh)
        return index

    def _index(self, ending: str) -> Index:
        library, index = self.order.library, self.order.index
        rows = tuple(
            self._done.get(each.name, waiting(each, repeat(each))) for each in library.entries
        )
        status, reasons = status_of(rows, library.at_least)
        before = [night.index.rows for night in self.order.earlier]
        return replace(
            index,
            rows=rows,
            at_least=library.at_least,
            ending=ending,
            finished="" if ending == "running" else self.now().isoformat(timespec="seconds"),
            compared_with=tuple(night.index.name for night in self.order.earlier),
            changes=tuple(changes_of(rows, before, whole=not index.only)),
            status=int(ExitStatus.INTERRUPTED if ending == "interrupted" else status),
            reasons=tuple(reasons),
        )


def _told(entry: Entry) -> str:
    where = entry.where.environment
    return f"{entry.kind}, {where}, about {entry.rough_s / 60:.0f} min"


def _result(row: Row) -> str:
    reason = " ".join(row.reason.split())
    wanted = "" if row.as_expected else f", but {row.expected} was expected"
    return f"    {row.outcome}{wanted} after {row.seconds:.0f} s: {reason}"
