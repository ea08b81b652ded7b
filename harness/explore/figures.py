"""`python -m harness.explore.figures [PAGE]`: how soon the swarm finds what is broken, written into its page.

What is between the two marks of the page is replaced.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from harness.explore.hunting import Hunted, hunt

PAGE = Path("docs/reference/explore.md")
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"

HUNTED = {
    "a batch that was under way at a cut is dropped": "stream_managers.drops_the_batch_in_flight:PARTS",
    "the urgent exporter is starved": "stream_managers.starves_after_an_outage:PARTS",
    "the newest segment is evicted": "stream_managers.evicts_the_newest:PARTS",
    "the cursor is stored before delivery": "stream_managers.stores_the_cursor_early:PARTS",
    "sequence numbers are used again after a crash": "stream_managers.counts_from_zero_again:PARTS",
    "nothing is sent again until the next append": "stream_managers.waits_for_an_append:PARTS",
    "acknowledged before stored": "stream_managers.acknowledges_unstored:PARTS",
    "an aggregate's window is skipped after a restart": "functions.skips_a_window_after_a_restart:REPLACEMENTS",
}
"""What has to be found, and who in the zoo does it."""


def table() -> Iterator[str]:
    """The rows, in Markdown; each is found out when it is asked for."""
    heads = ("what is broken", "scenarios", "accused by", "faults, shrunk", "tries", "the story")
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for what, name in HUNTED.items():
        yield _row(what, hunt(f"harness.zoo.{name}"))


def _row(what: str, hunted: Hunted | None) -> str:
    if hunted is None:
        return f"| {what} | not found | | | | |"
    accused = ", ".join(hunted.failure.accused_by)
    cells = (what, hunted.scenarios, accused, hunted.faults, hunted.tries, hunted.story)
    return f"| {' | '.join(str(each).replace('|', '/') for each in cells)} |"


def write(page: Path) -> None:
    """Replace the figures of a page."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    rows = []
    for row in table():
        sys.stdout.write(f"{row}\n")
        sys.stdout.flush()
        rows.append(row)
    page.write_text(f"{before}{BEGIN}\n" + "\n".join(rows) + f"\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else PAGE)
