"""The state file of an exploration: a line for each scenario that has been tried out, so that nothing is done twice.

The first line says what is explored; whoever goes on with a journal goes on with exactly that.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.explore.attempt import Attempt
from harness.explore.lineage import scenario_of
from harness.explore.scenario_file import render

NAME = "journal.jsonl"
FORMAT = 1


class JournalUnusable(Exception):
    """It cannot be gone on with; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is explored.

    Attributes:
        first_seed: of the scenarios that are drawn.
        run_ms: how long each of them runs, at least and at most.
        stream_manager: what is put in the place of ours.
        count: how many scenarios; None: as many as time allows.
    """

    first_seed: int
    run_ms: tuple[int, int]
    stream_manager: str | None
    count: int | None

    def fingerprint(self) -> str:
        """What tells whether this build draws the same scenarios as another, and changes them alike."""
        drawn = str(self.first_seed)
        text = b"".join(render(scenario_of(each, self.run_ms)) for each in (drawn, f"{drawn}.1.2"))
        return hashlib.sha256(text).hexdigest()


class Journal:
    """See the module.

    Args:
        file: is made anew, or gone on with.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def begin(self, target: Target) -> None:
        """Write the first line."""
        head = {"format": FORMAT, "drawn": target.fingerprint(), **asdict(target)}
        self._file.write_text(json.dumps(head) + "\n", encoding="utf-8")

    def note(self, number: int, attempt: Attempt) -> None:
        """Write down what came of a scenario."""
        self._add({"number": number, **attempt.to_json()})

    def extend(self, count: int) -> None:
        """Write down that there are to be so many scenarios now."""
        self._add({"count": count})

    def _add(self, line: Mapping[str, Any]) -> None:
        """Write a line of its own, whatever a line before it was torn off at."""
        with self._file.open("a+b") as journal:
            journal.seek(-1, os.SEEK_END)
            begun = b"" if journal.read(1) == b"\n" else b"\n"
            text = json.dumps(line, separators=(",", ":"))
            journal.write(begun + text.encode() + b"\n")

    def target(self) -> Target:
        """What the journal is of.

        Raises:
            JournalUnusable: there is none, or another build has begun it.
        """
        lines = [*self._lines()]
        head = lines[0] if lines else None
        if head is None or head.get("format") != FORMAT:
            raise JournalUnusable(f"{self._file} is no journal of an exploration; name its folder")
        target = Target(
            first_seed=head["first_seed"],
            run_ms=tuple(head["run_ms"]),
            stream_manager=head["stream_manager"],
            count=[line["count"] for line in lines if "count" in line][-1],
        )
        if head["drawn"] != target.fingerprint():
            raise JournalUnusable(
                f"{self._file} was begun by another build, whose seeds draw other scenarios; explore anew"
            )
        return target

    def attempts(self) -> dict[int, Attempt]:
        """What has been tried out already, by its number."""
        lines = (line for line in self._lines() if "number" in line)
        return {line.pop("number"): Attempt.from_json(line) for line in lines}

    def _lines(self) -> Iterator[dict[str, Any]]:
        """A line that was torn when somebody was killed is left out."""
        if not self._file.is_file():
            return
        for row in self._file.read_text(encoding="utf-8").splitlines():
            with suppress(ValueError):
                line: Mapping[str, Any] = json.loads(row)
                yield dict(line)
