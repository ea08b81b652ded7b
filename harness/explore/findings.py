"""What an exploration leaves: `explore.json`, a page, and a scenario file for each failure."""

import json
import re
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.checkers.verdict import Ruling
from harness.explore.attempt import Attempt
from harness.explore.journal import Target
from harness.explore.lineage import scenario_of
from harness.explore.scenario_file import render

FORMAT = 1
DOCUMENT = "explore.json"
FAILURES = "failures"
REASONS_MAX = 10
REASON_MAX = 160
NUMBER = re.compile(r"\d+")
CURVE_POINTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Everything that an exploration found.

    Attributes:
        attempts: by number, those that were not replayed.
        replayed: those of the corpus.
        wall_s: how long it took, of this sitting.
        folder: of the exploration.
        command: repeats it.
    """

    target: Target
    attempts: Mapping[int, Attempt]
    replayed: Sequence[Attempt]
    wall_s: float
    folder: Path
    command: str

    @property
    def failures(self) -> list[Attempt]:
        """What somebody has to look at, replayed ones first."""
        return [each for each in (*self.replayed, *self.in_order) if each.failed]

    @property
    def in_order(self) -> list[Attempt]:
        """The attempts by their numbers."""
        return [each for _, each in sorted(self.attempts.items())]

    def file_of(self, failure: Attempt) -> Path:
        """Where the scenario of a failure stands."""
        return self.folder / FAILURES / file_name(failure)

    def repeat(self, failure: Attempt) -> str:
        """The command that runs the scenario of a failure again."""
        words = ["run", str(self.file_of(failure)), "--environment", "simulated"]
        return self._command(words)

    def shrink(self, failure: Attempt) -> str:
        """The command that looks for a shorter story of a failure."""
        return self._command(["shrink", str(self.file_of(failure)), "-o", "shrunk.yaml"])

    def _command(self, words: list[str]) -> str:
        if self.target.stream_manager is not None:
            words = [*words, "--stream-manager", self.target.stream_manager]
        return shlex.join(["stream-chaos", *words])

    def to_json(self) -> dict[str, Any]:
        """The content of `explore.json`."""
        everything = [*self.replayed, *self.in_order]
        virtual_s = sum(each.virtual_ms for each in everything) / 1000
        return {
            "format": FORMAT,
            "first_seed": self.target.first_seed,
            "run_ms": list(self.target.run_ms),
            "stream_manager": self.target.stream_manager,
            "scenarios": len(self.attempts),
            "replayed": len(self.replayed),
            "verdicts": dict(sorted(Counter(each.verdict for each in everything).items())),
            "unknown_because": dict(_unknown_because(everything)),
            "kinds": dict(sorted(Counter(k for each in everything for k in each.kinds).items())),
            "states": len({state for each in everything for state in each.states}),
            "curve": list(_thinned(list(curve(self.in_order)))),
            "virtual_s": round(virtual_s, 1),
            "wall_s": round(self.wall_s, 1),
            "failures": [self._failure(each) for each in self.failures],
            "repeat": self.command,
        }

    def _failure(self, failure: Attempt) -> dict[str, Any]:
        return {
            "lineage": failure.lineage,
            "verdict": failure.verdict,
            "accused_by": list(failure.accused_by),
            "reason": failure.reason,
            "file": str(self.file_of(failure).relative_to(self.folder)),
            "repeat": self.repeat(failure),
            "shrink": self.shrink(failure),
        }


def file_name(failure: Attempt) -> str:
    """Of the scenario of a failure, which is called like its file."""
    if failure.replayed:
        return failure.lineage
    return f"explored_{failure.lineage.replace('.', '_')}.yaml"


def content_of(failure: Attempt, run_ms: tuple[int, int]) -> bytes:
    """The scenario of a failure that was drawn; what was replayed has a file already."""
    return render(scenario_of(failure.lineage, run_ms))


def curve(attempts: Sequence[Attempt]) -> Iterator[tuple[int, int]]:
    """After how many scenarios how many states had been reached."""
    reached: set[str] = set()
    for number, each in enumerate(attempts, start=1):
        reached.update(each.states)
        yield number, len(reached)


def write(findings: Findings) -> Path:
    """Write `explore.json` and the page.

    Returns:
        The page.
    """
    # Drawing takes a second to import: not before there is something to draw.
    from harness.explore.page import PAGE, page

    document = findings.to_json()
    (findings.folder / DOCUMENT).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    written = findings.folder / PAGE
    written.write_text(page(document), encoding="utf-8")
    return written


def _thinned(points: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
    """So many points that a line through them looks the same, the last among them."""
    step = max(1, len(points) // CURVE_POINTS)
    for place, point in enumerate(points):
        if place % step == 0 or place == len(points) - 1:
            yield list(point)


def _unknown_because(attempts: Sequence[Attempt]) -> list[tuple[str, int]]:
    """The most frequent reasons for no verdict; those that differ in numbers alone have those of the first."""
    said = [_said(each.reason) for each in attempts if each.verdict == Ruling.UNKNOWN]
    first: dict[str, str] = {}
    counted = Counter(first.setdefault(NUMBER.sub("0", each), each) for each in said)
    return counted.most_common(REASONS_MAX)


def _said(reason: str) -> str:
    return reason.split("Unknown: ")[-1][:REASON_MAX]
