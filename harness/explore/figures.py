"""`python -m harness.explore.figures [NAME...]`: how soon the swarm finds what is broken, written into its page.

What is between the two marks of the page is replaced. Of those that are not named the figures stay that are there, and
of whom there are none it is said so.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

import click

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

HEADS = ("what is broken", "scenarios", "accused by", "faults, shrunk", "tries", "the story")
NOT_MEASURED = "not measured yet"
NOT_FOUND = "not found"

NAMES = {named.partition(".")[2].partition(":")[0]: what for what, named in HUNTED.items()}
"""What each of them does, by the name that it has in the zoo."""


def write(
    page: Path,
    chosen: Collection[str] = tuple(HUNTED),
    hunt: Callable[[str], Hunted | None] = hunt,
) -> None:
    """Replace the figures of a page; after each hunt, so that an interruption loses none.

    Args:
        chosen: keys of HUNTED that are hunted.
    """
    rows = dict(_rows(page))
    _put(page, rows)
    for what in (each for each in HUNTED if each in chosen):
        rows[what] = _row(what, hunt(f"harness.zoo.{HUNTED[what]}"))
        _put(page, rows)


def _rows(page: Path) -> Iterator[tuple[str, str]]:
    """The row of each, as it stands there."""
    _, block, _ = _parts(page)
    for line in block.splitlines():
        what = line.removeprefix("| ").partition(" | ")[0]
        if what in HUNTED:
            yield what, line


def _parts(page: Path) -> tuple[str, str, str]:
    """What is before the figures, they themselves, and what is after them."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    block, _, after = rest.partition(END)
    return before, block, after


def _put(page: Path, rows: Mapping[str, str]) -> None:
    before, _, after = _parts(page)
    head = [f"| {' | '.join(HEADS)} |", f"|{'---|' * len(HEADS)}"]
    lines = [*head, *(rows.get(what) or _empty(what, NOT_MEASURED) for what in HUNTED)]
    page.write_text(f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{after}", encoding="utf-8")


def _row(what: str, hunted: Hunted | None) -> str:
    if hunted is None:
        return _empty(what, NOT_FOUND)
    accused = ", ".join(hunted.failure.accused_by)
    cells = (what, hunted.scenarios, accused, hunted.faults, hunted.tries, hunted.story)
    return f"| {' | '.join(str(each).replace('|', '/') for each in cells)} |"


def _empty(what: str, why: str) -> str:
    return f"| {what} | {why} |{' |' * (len(HEADS) - 2)}"


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(NAMES)))
@click.option("--page", type=click.Path(path_type=Path), default=PAGE, show_default=True)
@click.option("--nobody", is_flag=True, help="Hunt nobody: only say of whom there are no figures.")
def main(names: tuple[str, ...], page: Path, nobody: bool) -> None:
    """Hunt them, all where no NAMES are given, and write the figures into their page."""
    chosen = [NAMES[each] for each in names or NAMES]
    write(page, [] if nobody else chosen)


if __name__ == "__main__":
    main()
