"""Makes a small recording of a run, to be judged again by `test_recorded_runs`.

    python tests/harness/checkers/record.py reports/short_outage/latest NAME VERDICT

What no checker asks for is left out (reads at the edge, places at the destination), and hashes are numbered.
"""

import gzip
import json
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from harness.checkers.judge import judge
from harness.history.history import History
from harness.history.lines import Line, parse
from harness.plan.model import Plan

FOLDER = Path(__file__).parent / "recorded"


def lines_of(run: Path) -> Iterator[Line]:
    """The lines of a run's history that count."""
    numbers: dict[str, str] = {}
    names = (str(number) for number in count())

    def named(hash_: str) -> str:
        if hash_ not in numbers:
            numbers[hash_] = next(names)
        return numbers[hash_]

    for line in parse((run / "history.jsonl").read_text()):
        small: dict[str, Any] = {**line, "at": round(line["at"], 1)}
        if small["kind"] == "read" and small["witness"] == "edge-tap":
            continue
        if "hash" in small:
            small["hash"] = named(small["hash"])
        if "hashes" in small:
            small["hashes"] = [named(each) for each in small["hashes"]]
        if small["kind"] == "record":
            small["place"] = str(small["index"])
        yield small


def recording(run: Path, expected: str) -> dict[str, Any]:
    """What a run's judgement needs, with the verdict that is expected and those of the checkers that were seen."""
    plan = json.loads((run / "plan.json").read_text())
    lines = [*lines_of(run)]
    judged = judge(History.of(lines), Plan.from_json(plan))
    if judged.verdict != expected:
        raise SystemExit(f"expected {expected}, but: {judged.verdict}, {judged.reason}")
    invalid = [each.name for each in judged.checkers if each.verdict == "invalid"]
    return {"verdict": expected, "invalid": invalid, "plan": plan, "history": lines}


def main(run: str, name: str, verdict: str) -> None:
    """Write it."""
    FOLDER.mkdir(exist_ok=True)
    text = json.dumps(recording(Path(run), verdict), separators=(",", ":"))
    (FOLDER / f"{name}.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main(*sys.argv[1:])
