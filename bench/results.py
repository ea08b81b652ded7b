"""Results as a file of JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.figures import Series
from bench.targets import Verdict

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one benchmark found.

    Attributes:
        question: what it answers.
        method: how.
        missing: why it was not measured, or not all of it; empty if it was.
    """

    name: str
    question: str
    method: str
    series: tuple[Series, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    missing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What a run found.

    Attributes:
        machine: what it ran on, when, and what else ran there.
        rounds: of each benchmark.
        quick: whether it was a trial, whose figures mean nothing.
    """

    machine: Mapping[str, str]
    rounds: int
    quick: bool
    benchmarks: tuple[Result, ...]

    def write(self, path: Path) -> None:
        """Write the file, in one step."""
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps({"format": FORMAT, **asdict(self)}, indent=1) + "\n")
        fresh.replace(path)


def read_results(path: Path) -> Results:
    """The results in a file.

    Raises:
        OSError, ValueError: it cannot be read, or is no file of results.
    """
    values = json.loads(path.read_text())
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise ValueError(f"{path} is no file of results in format {FORMAT}")
    return Results(
        machine=values["machine"],
        rounds=values["rounds"],
        quick=values["quick"],
        benchmarks=tuple(map(_result, values["benchmarks"])),
    )


def _result(values: dict[str, Any]) -> Result:
    series = [Series(**{**each, "values": tuple(each["values"])}) for each in values["series"]]
    verdicts = [Verdict(**each) for each in values["verdicts"]]
    return Result(**{**values, "series": tuple(series), "verdicts": tuple(verdicts)})
