"""What the page of proofs says was run is what the runs wrote down."""

import json
from pathlib import Path

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def test_the_table_of_proofs_is_what_was_recorded() -> None:
    record = json.loads((REFERENCE / "proofs.json").read_text())
    told = [
        f"| {proof} | {what.replace('_', ' ')} | {count} |"
        for proof, counts in record.items()
        for what, count in counts.items()
    ]
    page = (REFERENCE / "proofs.md").read_text().splitlines()
    assert told == page[page.index("| proof | what | how many |") + 2 :]
    assert record["kills"]["kills"] > 0 < record["frames"]["frames"]
