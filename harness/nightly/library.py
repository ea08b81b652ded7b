"""From a definition to the entries of a night: which scenario with which seed, where, and what has to come of it."""

import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from pathlib import Path

from harness.checkers.verdict import Ruling
from harness.nightly.definition import LIBRARY, Canary, Definition, Presets, read_definition
from harness.nightly.where import CONTAINERS, SIMULATED, Where
from harness.plan.compiling import compile_plan
from harness.plan.model import Plan
from harness.plan.rendering import rough_duration_ms
from harness.scenario.catalogue import SUFFIXES
from harness.scenario.loader import load
from harness.scenario.preset_loader import FOLDER
from harness.scenario.problems import BadScenario

ROUGH_S = 120.0
"""About what a run takes of which nothing is known, since it cannot be loaded."""
SIMULATED_S = 15.0
"""In virtual time most of it is spent on starting Python and drawing."""
LIMIT_TIMES, LIMIT_MORE_S = 3.0, 300.0
"""A run may take so many times as long as its plan says, and this much more for a backlog that drains late."""


class Kind(StrEnum):
    """What an entry is in the library for."""

    SCENARIO = "scenario"
    PRESET = "preset"
    DRAWN = "drawn"
    CANARY = "canary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One run of a night.

    Attributes:
        name: of the scenario, unique in a night.
        where: the edition that it runs in.
        expected: what the verdict has to be.
        found_by: the checker that has to find it; empty for any.
        stream_manager: command that is put in the place of our stream manager.
        rough_s: about how long it takes.
        limit_s: when it counts as hanging.
        problem: why it cannot be run; empty if it can.
    """

    name: str
    kind: Kind
    file: Path
    seed: int
    where: Where
    expected: Ruling = Ruling.VALID
    found_by: str = ""
    stream_manager: str | None = None
    rough_s: float = ROUGH_S
    limit_s: float = LIMIT_TIMES * ROUGH_S + LIMIT_MORE_S
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """What a night runs.

    Attributes:
        entries: in the order in which they run.
        at_least: so many there have to be.
        left_out: names of those that are not for nights in this environment.
    """

    entries: tuple[Entry, ...]
    at_least: int
    left_out: tuple[str, ...] = ()

    def only(self, names: tuple[str, ...]) -> "Library":
        """Some of it, by name; all of it without names."""
        if not names:
            return self
        chosen = tuple(each for each in self.entries if each.name in names)
        left_out = tuple(name for name in self.left_out if name in names)
        return Library(entries=chosen, at_least=len(chosen), left_out=left_out)

    def unknown(self, names: tuple[str, ...]) -> list[str]:
        """The names that nothing has, neither here nor in nights in another environment."""
        known = {*(each.name for each in self.entries), *self.left_out}
        return [name for name in names if name not in known]


def seed_of(night: date) -> int:
    """The seed of a night: 20261125."""
    return night.year * 10_000 + night.month * 100 + night.day


def make_library(
    folder: Path, night: date, where: Where, *, made: Path, stream_manager: str | None = None
) -> Library:
    """The library of a folder.

    Args:
        folder: that `library.yaml` is in.
        night: decides the seed of the drawn scenarios.
        where: the edition that the night runs in.
        made: folder that scenarios are written to which are made from presets.
        stream_manager: put in the place of ours, but for the canaries.

    Raises:
        BadScenario: the definition is unsound; scenarios that are become entries with a problem.
    """
    file = folder / LIBRARY
    definition = read_definition(file)
    maker = _Maker(definition, folder, where, stream_manager)
    listed = [each for each in definition.scenarios if where.environment in each.environments]
    entries = [
        *(maker.entry(Kind.SCENARIO, each.scenario, definition.seed) for each in listed),
        *(maker.presets(definition.presets, made) if definition.presets else ()),
        *(maker.entry(Kind.DRAWN, name, seed_of(night)) for name in definition.drawn),
        *(maker.canary(each) for each in definition.canaries),
    ]
    wanted = definition.presets.at_least if definition.presets else 0
    counted = len(listed) + len(definition.drawn) + len(definition.canaries)
    left_out = [Path(each.scenario).stem for each in definition.scenarios if each not in listed]
    return Library(entries=tuple(entries), at_least=counted + wanted, left_out=tuple(left_out))


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes the entries of a definition."""

    definition: Definition
    folder: Path
    where: Where
    stream_manager: str | None

    def entry(self, kind: Kind, name: str, seed: int) -> Entry:
        return self._entry(kind, self.folder / name, seed)

    def presets(self, presets: Presets, made: Path) -> Iterator[Entry]:
        template = (self.folder / presets.template).read_text(encoding="utf-8")
        folder = self.folder / presets.folder
        # Beside the scenarios that name them: a night can be repeated from its folder.
        shutil.copytree(folder, made / FOLDER, dirs_exist_ok=True)
        for preset in preset_names(folder):
            name = scenario_name(preset)
            file = made / f"{name}.yaml"
            file.write_text(with_preset(template, preset), encoding="utf-8")
            yield self._entry(Kind.PRESET, file, self.definition.seed)

    def canary(self, canary: Canary) -> Entry:
        entry = self._entry(Kind.CANARY, self.folder / canary.scenario, self.definition.seed)
        command = in_place_of_ours(canary.module, entry.where.environment)
        return replace(
            entry,
            expected=Ruling.INVALID,
            found_by=canary.found_by,
            stream_manager=command,
        )

    def _entry(self, kind: Kind, file: Path, seed: int) -> Entry:
        file = _short(file)
        plain = Entry(
            name=file.stem,
            kind=kind,
            file=file,
            seed=seed,
            where=self.where,
            stream_manager=self.stream_manager,
        )
        try:
            plan = compile_plan(load(file).scenario, seed)
        except BadScenario as bad:
            return replace(plain, problem=str(bad))
        except Exception as error:
            # One that our own loader stumbles over is a row, too, and not the end of the night.
            return replace(plain, problem=f"it cannot be loaded: {error!r}")
        return self._planned(plain, plan)

    def _planned(self, entry: Entry, plan: Plan) -> Entry:
        where = entry.where.of(plan.environments)
        simulated = where.environment == SIMULATED
        rough_s = SIMULATED_S if simulated else rough_duration_ms(plan) / 1000
        limit_ms = self.definition.limit_ms
        problem = ""
        if where.environment not in plan.environments:
            problem = f"the scenario is not for {where.environment}, only for {', '.join(plan.environments)}"
        return replace(
            entry,
            where=where,
            rough_s=rough_s,
            limit_s=LIMIT_TIMES * rough_s + LIMIT_MORE_S if limit_ms is None else limit_ms / 1000,
            problem=problem,
        )


def _short(file: Path) -> Path:
    """As a user would write it: `scenarios/nightly/../x.yaml` is `scenarios/x.yaml`."""
    found = file.resolve()
    here = Path.cwd()
    return found.relative_to(here) if found.is_relative_to(here) else found


def preset_names(folder: Path) -> list[str]:
    """The presets of a folder, by name."""
    return sorted(file.stem for file in folder.iterdir() if file.suffix in SUFFIXES)


def scenario_name(preset: str) -> str:
    """The name of the scenario that is made from a preset."""
    return re.sub(r"[^a-z0-9_]", "_", f"preset_{preset.lower()}")


def with_preset(template: str, preset: str) -> str:
    """A scenario template with this preset in it, called after it."""
    named = re.sub(
        r"^scenario:.*$", f"scenario: {scenario_name(preset)}", template, count=1, flags=re.M
    )
    # A comment may speak of presets as well.
    return re.sub(r"^([^#\n]*\bpreset:\s*)[\w-]+", rf"\g<1>{preset}", named, count=1, flags=re.M)


def in_place_of_ours(module: str, environment: str) -> str:
    """What `--stream-manager` takes to put a module into the place of our server: a command, or the name of its parts.

    A command is run where the core runs: in its container, or with our own interpreter.
    """
    if environment == SIMULATED:
        return f"{module}:PARTS"
    python = "python" if environment == CONTAINERS else sys.executable
    return shlex.join([python, "-m", module])
