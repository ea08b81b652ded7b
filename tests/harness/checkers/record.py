"""Makes a small recording of a run, to be judged again by `test_recorded_runs`.

    python tests/harness/checkers/record.py reports/short_outage/latest NAME VERDICT

What no checker asks for is left out (reads at the edge, all but the hash of what a destination holds), and hashes are
numbered.
"""

import json
import lzma
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
RECORD_KEYS = ("at", "witness", "kind", "type", "service", "target", "index", "hash")


def lines_of(run: Path) -> Iterator[Line]:
    """The lines of a run's history that count."""
    numbers: dict[str, str] = {}
    names = (str(number) for number in count())

    def named(hash_: str) -> str:
        if hash_ not in numbers:
            numbers[hash_] = next(names)
        return numbers[hash_]

    read_at: float | None = None
    for line in parse((run / "history.jsonl").read_text()):
        small: dict[str, Any] = {**line, "at": round(line["at"], 1)}
        if small["kind"] == "read" and small["witness"] == "edge-tap":
            continue
        if "hash" in small:
            small["hash"] = named(small["hash"])
        if "hashes" in small:
            small["hashes"] = [named(each) for each in small["hashes"]]
        if small["kind"] == "record":
            read_at = small["at"] if read_at is None else read_at
            small = {key: small[key] for key in RECORD_KEYS}
            small |= {"at": read_at, "place": str(small["index"]), "size": 0}
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
    (FOLDER / f"{name}.json.xz").write_bytes(lzma.compress(text.encode(), preset=9))


if __name__ == "__main__":
    main(*sys.argv[1:])
