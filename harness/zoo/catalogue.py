"""Who lives in the zoo, as each one's own file tells."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

FOLDER = Path(__file__).parent
SCENARIOS = FOLDER / "scenarios"

EXCHANGED = ("PARTS", "REPLACEMENTS")
"""Under which names a file has what it puts in the place of ours in virtual time."""


class Kind(StrEnum):
    """What is broken; each kind has a package of its own."""

    STREAM_MANAGER = "stream_managers"
    LINK = "links"
    CLOUD = "clouds"
    FUNCTION = "functions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inhabitant:
    """One file of the zoo.

    Attributes:
        what: it does, in a sentence.
        scenarios: names of those in which it is judged.
        caught_by: the checker that has to find it; None: it is sound, and none may.
        says: the verdict with which that checker finds it: `unknown` where it is the cloud that lost something.
        stands_in: `module:name` of what is put in the place of ours in virtual time; None where it is a process only.
    """

    name: str
    kind: Kind
    what: str
    scenarios: tuple[str, ...]
    caught_by: str | None
    says: str
    stands_in: str | None

    @property
    def sound(self) -> bool:
        """Whether nobody may accuse it."""
        return self.caught_by is None

    @property
    def file(self) -> str:
        """Where it is, below the zoo."""
        return f"{self.kind}/{self.name}.py"


@cache
def inhabitants() -> tuple[Inhabitant, ...]:
    """All of them, by kind and name."""
    return tuple(each for kind in Kind for each in _of(kind))


def _of(kind: Kind) -> Iterator[Inhabitant]:
    package = f"{__package__}.{kind}"
    for found in sorted(iter_modules([str(FOLDER / kind)]), key=lambda each: each.name):
        yield _read(kind, import_module(f"{package}.{found.name}"))


def _read(kind: Kind, module: ModuleType) -> Inhabitant:
    described = " ".join((module.__doc__ or "").split("\n\n")[0].split())
    standing = next((name for name in EXCHANGED if hasattr(module, name)), None)
    return Inhabitant(
        name=module.__name__.rpartition(".")[2],
        kind=kind,
        what=described.removesuffix("."),
        scenarios=module.SCENARIOS,
        caught_by=module.CAUGHT_BY,
        says=getattr(module, "SAYS", "invalid"),
        stands_in=f"{module.__name__}:{standing}" if standing else None,
    )


def scenario_file(name: str) -> Path:
    """The file of a scenario that the zoo is judged in."""
    return SCENARIOS / f"{name}.yaml"


def scenarios() -> list[str]:
    """The names of all scenarios of the zoo."""
    return sorted(file.stem for file in SCENARIOS.glob("*.yaml"))
