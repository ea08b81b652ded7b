"""What a tour of the zoo found: a table for people, and the page `docs/reference/zoo.md`."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from harness.zoo.catalogue import FOLDER, Inhabitant, Kind
from harness.zoo.visiting import Look, Visit

HEAD = FOLDER / "zoo.md"
"""What the page says besides the tables."""

TITLES = {
    Kind.STREAM_MANAGER: "Stream managers",
    Kind.LINK: "Links",
    Kind.CLOUD: "Clouds",
    Kind.FUNCTION: "Functions",
}
GENERATED = "<!-- written by `stream-chaos zoo --write docs/reference/zoo.md` -->"


def summary(visits: Sequence[Visit]) -> str:
    """The share caught and the false alarms, in two sentences."""
    broken = [each for each in visits if not each.sound]
    caught = sum(each.caught_after is not None for each in broken)
    sound = [look for each in visits if each.sound for look in each.looks]
    accused = sum(look.verdict == "invalid" for look in sound)
    unproven = sum(look.verdict == "unknown" for look in sound)
    share = f"{caught / len(broken):.0%}" if broken else "none was looked at"
    undecided = f", {unproven} unknown" if unproven else ""
    return (
        f"Caught: {caught} of {len(broken)} broken ones ({share}). "
        f"False alarms: {accused} in {len(sound)} runs of sound ones and of ours{undecided}."
    )


def line_of(visit: Visit) -> str:
    """One inhabitant on a terminal."""
    who = f"{visit.inhabitant.kind}/{visit.name}" if visit.inhabitant else visit.name
    outcome = "ok     " if visit.as_it_should_be else "ESCAPED" if not visit.sound else "ACCUSED"
    return f"  {outcome}  {who:<45}  {_outcome(visit)}"


def _outcome(visit: Visit) -> str:
    if visit.sound:
        wrong = [look for look in visit.looks if look.verdict != "valid"]
        if not wrong:
            return f"sound; valid in {_runs(len(visit.looks))}"
        first = wrong[0]
        return f"sound; {first.verdict} in {first.scenario}, seed {first.seed}: {first.reason}"
    assert visit.inhabitant is not None
    must = f"must be caught by {visit.inhabitant.caught_by}"
    if visit.caught_after is None:
        return f"{must}; said of it: {', '.join(visit.accused_by) or 'nothing'}"
    return f"{must}; caught with {_runs(visit.caught_after)}"


def _runs(number: int) -> str:
    return "1 run" if number == 1 else f"{number} runs"


def not_judged(everybody: Iterable[Inhabitant]) -> str:
    """Who does not live in virtual time and is not counted, in a sentence."""
    names = [f"`{each.name}`" for each in everybody if each.stands_in is None]
    told = " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
    return f"Not judged here and not counted, since they run as processes only: {told or 'nobody'}."


def page(visits: Sequence[Visit], everybody: Sequence[Inhabitant]) -> str:
    """The page, with a table for each kind."""
    found = {(each.inhabitant.kind, each.name): each for each in visits if each.inhabitant}
    lines = [GENERATED, "", *HEAD.read_text().rstrip().splitlines(), ""]
    for kind in Kind:
        lines += [f"## {TITLES[kind]}", "", *_table(kind, everybody, found), ""]
    lines += ["## How many are caught", "", summary(visits), not_judged(everybody)]
    return "\n".join(lines) + "\n"


def _table(
    kind: Kind, everybody: Iterable[Inhabitant], found: dict[tuple[Kind, str], Visit]
) -> Iterator[str]:
    yield f"| file in `harness/zoo/{kind}` | what it is | scenarios | must be caught by | accused by | runs it took |"
    yield "|---|---|---|---|---|---|"
    for each in everybody:
        if each.kind is kind:
            yield row(each, found.get((each.kind, each.name)))


def row(inhabitant: Inhabitant, visit: Visit | None) -> str:
    """One inhabitant in the table."""
    return f"{stated(inhabitant)} {_found(visit)} |"


def stated(inhabitant: Inhabitant) -> str:
    """What its own file tells of it, in the first columns of the table."""
    scenarios = ", ".join(f"`{name}`" for name in inhabitant.scenarios)
    must = inhabitant.caught_by or "nobody"
    if inhabitant.says != "invalid":
        must += f", which says `{inhabitant.says}`"
    return f"| `{inhabitant.name}` | {inhabitant.what} | {scenarios} | {must} |"


def _found(visit: Visit | None) -> str:
    if visit is None:
        return "not judged here, a process only | 0"
    accused = ", ".join(visit.accused_by) or "nobody"
    if visit.sound:
        return f"{accused} | {len(visit.looks)}, {_counted(visit.looks)}"
    return f"{accused} | {visit.caught_after or 'escaped'}"


def _counted(looks: Sequence[Look]) -> str:
    """How many runs had which verdict."""
    verdicts = Counter(look.verdict for look in looks)
    if len(verdicts) == 1:
        return f"all {looks[0].verdict}"
    return ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))


def write(path: Path, visits: Sequence[Visit], everybody: Sequence[Inhabitant]) -> None:
    """Write the page."""
    path.write_text(page(visits, everybody))


def stranger(looks: Sequence[Look]) -> str:
    """What was said of somebody's own, in a line for each run."""
    return "\n".join(
        f"  {look.verdict:<8} {look.scenario:<20} seed {look.seed:<6} {', '.join(look.accused_by) or look.reason}"
        for look in looks
    )
