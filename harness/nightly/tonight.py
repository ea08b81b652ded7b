"""From what a user asked for to a night that is over."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from harness.commands.outcome import CommandFailed, ExitStatus
from harness.interruption import interruptible
from harness.nightly.earlier import find_earlier
from harness.nightly.index import Index
from harness.nightly.library import Library, make_library, seed_of
from harness.nightly.night import Night, Order
from harness.nightly.page import sentence
from harness.nightly.running import Runner, run_in_process
from harness.nightly.where import Where, choose, missing_for_containers
from harness.nightly.writing import PAGE, Writer
from harness.placing import fresh_folder

MADE = "scenarios"
"""Folder of a night for the scenarios that are made from presets."""

Say = Callable[[str], None]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a user asked for.

    Attributes:
        library: folder of the definition.
        environment: `auto`, or an edition.
        date: of the night.
        previous: folder of earlier nights; None: those beside this one.
        only: names; empty for all.
        nights: folder that the night's own goes into.
        stream_manager: command that is put in the place of ours.
    """

    library: Path
    environment: str
    date: date
    previous: Path | None
    only: tuple[str, ...]
    nights: Path
    stream_manager: str | None


def begin(
    asked: Asked,
    *,
    say: Say,
    warn: Say,
    runner: Runner = run_in_process,
    missing: Callable[[Say], str] = missing_for_containers,
    now: Callable[[], datetime] = _now,
) -> ExitStatus:
    """Run a night to its end.

    Returns:
        Its exit status.

    Raises:
        BadScenario: the library's definition is unsound.
        CommandFailed: there is no such scenario, or none of them for this environment.
        KeyboardInterrupt: it was interrupted; its index is there.
    """
    where = choose(asked.environment, lambda: missing(say))
    earlier = find_earlier(asked.previous or asked.nights, warn)
    folder = _fresh(asked.nights, asked.date.isoformat())
    try:
        library = _library(asked, folder / MADE, where)
    except BaseException:
        _remove(folder)
        raise
    index = Index(
        name=folder.name,
        date=asked.date.isoformat(),
        seed=seed_of(asked.date),
        environment=where.environment,
        why_here=where.why,
        started=now().isoformat(timespec="seconds"),
        stream_manager=asked.stream_manager or "",
        only=asked.only,
        left_out=library.left_out,
    )
    say(_greeting(index, library))
    night = Night(
        order=Order(folder=folder, library=library, index=index, earlier=earlier),
        runner=runner,
        write=Writer(folder, earlier).write,
        say=say,
        now=now,
    )
    with interruptible():
        over = night.run()
    for line in _told(over, folder):
        say(line)
    if over.ending == "interrupted":
        raise KeyboardInterrupt
    return ExitStatus(over.status)


def _library(asked: Asked, made: Path, where: Where) -> Library:
    library = make_library(
        asked.library, asked.date, where, made=made, stream_manager=asked.stream_manager
    )
    if unknown := library.unknown(asked.only):
        names = ", ".join(each.name for each in library.entries)
        raise CommandFailed(
            f"--only {unknown[0]}: the library has no such scenario; there is {names}"
        )
    chosen = library.only(asked.only)
    if not chosen.entries and chosen.left_out:
        raise CommandFailed(
            f"--only {chosen.left_out[0]}: the library has it, but not for nights in {where.environment}; "
            "name another --environment"
        )
    return chosen


def _fresh(nights: Path, name: str) -> Path:
    """A folder that was not there: a night may be run twice."""
    try:
        return fresh_folder(nights, name)
    except FileExistsError as error:
        raise CommandFailed(f"{error}.") from error


def _remove(folder: Path) -> None:
    """A night that never began leaves nothing."""
    shutil.rmtree(folder, ignore_errors=True)


def _greeting(index: Index, library: Library) -> str:
    minutes = sum(each.rough_s for each in library.entries) / 60
    why = f" ({index.why_here})" if index.why_here else ""
    without = f" Not in such a night: {', '.join(library.left_out)}." if library.left_out else ""
    return (
        f"Night {index.name} in {index.environment}{why}: {len(library.entries)} scenarios, about "
        f"{minutes:.0f} min.{without}"
    )


def _told(index: Index, folder: Path) -> Iterator[str]:
    for change in index.changes:
        mark = {True: "worse  ", False: "better ", None: "changed"}[change.worse]
        yield f"{mark} {change.scenario}: {sentence(change)}"
    yield f"The night is {index.verdict if index.ending == 'complete' else index.ending}."
    for reason in index.reasons if index.ending == "complete" else ():
        yield f"  {reason}"
    yield f"  {folder / PAGE}"
