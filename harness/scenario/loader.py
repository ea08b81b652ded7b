"""From a file to a sound scenario, or to everything that is wrong with it, at once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from harness.scenario.explain import mistakes
from harness.scenario.model import Scenario
from harness.scenario.partial import Remainder, remainder, whole
from harness.scenario.preset_loader import presets_of
from harness.scenario.problems import BadScenario, Problem, Severity
from harness.scenario.reading import Reading
from harness.scenario.rules import kinds, locust, own_site, sense, site, targets, times
from harness.scenario.site_loader import is_site, load_site

RULES = (
    *times.RULES,
    *site.RULES,
    *sense.RULES,
    *targets.RULES,
    *own_site.RULES,
    *kinds.RULES,
    *locust.RULES,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A sound scenario.

    Attributes:
        file: where it was read.
        content: as it stands there, for the artefacts of a run.
        warnings: what is doubtful about it, or about its site file.
    """

    file: Path
    content: bytes
    scenario: Scenario
    warnings: tuple[Problem, ...]


def load(file: Path) -> Loaded:
    """Read a scenario.

    Raises:
        BadScenario: with all that is wrong, warnings included.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise BadScenario([_unreadable(file, error)]) from error
    return parse(content, file)


def parse(content: bytes, file: Path) -> Loaded:
    """Read a scenario from the content of a file; the file itself is not looked at, a site file that it names is.

    Raises:
        BadScenario: with all that is wrong, warnings included.
    """
    reading = _Reading(file, content)
    scenario = reading.scenario()
    problems = [*reading.sorted(), *reading.of_site, *reading.of_preset]
    if scenario is None or any(each.severity is Severity.ERROR for each in problems):
        raise BadScenario(problems)
    return Loaded(file=file, content=content, scenario=scenario, warnings=tuple(problems))


def _unreadable(file: Path, error: OSError) -> Problem:
    if isinstance(error, FileNotFoundError):
        text = "there is no such file; `stream-chaos list` shows the scenarios"
    else:
        text = f"cannot be read ({error.strerror}); look at what it is and who may read it"
    return Problem(file=str(file), line=0, column=0, path="", text=text)


class _Reading(Reading):
    """A scenario file, the site file that it names, and what has been found wrong with them.

    Attributes:
        of_site, of_preset: what is wrong with the site file, and with a preset.
    """

    def __init__(self, file: Path, content: bytes) -> None:
        super().__init__(str(file), content)
        self.of_site: tuple[Problem, ...] = ()
        self.of_preset: tuple[Problem, ...] = ()
        self._place = file

    def scenario(self) -> Scenario | None:
        data = self.mapping("a scenario", "stream-chaos init NAME")
        if data is None:
            return None
        if "preset" in data and "scenario" not in data:
            text = "is a preset; name it in a scenario: `outages: {preset: NAME}`"
            self.found((), text)
            return None
        if is_site(data):
            text = "is a site file; name a scenario that has `site: {file: ...}`, or stand it up with `up --site`"
            self.found((), text)
            return None
        try:
            scenario = Scenario.model_validate(data)
        except ValidationError as error:
            found = mistakes(error, data, Scenario)
            self.mistakes(found)
            rest = remainder(data, [mistake.path for mistake in found])
            if rest is not None:
                self._rules(self._with_others(rest))
            self._name(data.get("scenario"))
            return None
        rest = self._with_others(whole(scenario))
        self._rules(rest)
        self._name(scenario.scenario)
        return rest.scenario

    def _with_others(self, rest: Remainder) -> Remainder:
        """The scenario that knows the other files which it names."""
        return self._with_presets(self._with_site(rest))

    def _with_presets(self, rest: Remainder) -> Remainder:
        """The scenario whose series know their presets; without `outages` where one of these is not sound."""
        series = []
        for index, each in enumerate(rest.scenario.outages):
            try:
                presets = presets_of(each.preset, self._place) if each.preset else []
            except BadScenario as bad:
                self.of_preset = tuple(problem for problem in bad.problems if problem.line)
                path, said = rest.place(("outages", index, "preset")), bad.problems[0]
                self.found(path, f"{each.preset} is not sound" if said.line else said.text)
                return replace(rest, dropped=rest.dropped | {"outages"})
            series.append(each.with_presets(presets))
        return replace(rest, scenario=rest.scenario.model_copy(update={"outages": tuple(series)}))

    def _with_site(self, rest: Remainder) -> Remainder:
        """The scenario that knows the site which its file names; without `site` where that is not sound."""
        named = rest.scenario.site.file
        if named is None:
            return rest
        try:
            own = load_site(self._place.parent / named)
        except BadScenario as bad:
            self.of_site = bad.problems
            self.found(("site", "file"), f"the site file {named} is not sound")
            return replace(rest, dropped=rest.dropped | {"site"})
        self.of_site = own.warnings
        settings = rest.scenario.site.with_own(own)
        return replace(rest, scenario=rest.scenario.model_copy(update={"site": settings}))

    def _rules(self, rest: Remainder) -> None:
        for rule in RULES:
            if not rest.dropped.intersection(rule.needs):
                for finding in rule.check(rest.scenario):
                    self.found(rest.place(finding.path), finding.text, finding.severity)

    def _name(self, name: object) -> None:
        stem = self._place.stem
        if isinstance(name, str) and name != stem:
            text = f"the file is called {stem}; call the scenario {stem} or rename the file"
            self.found(("scenario",), text)


def all_problems(files: list[Path]) -> Iterator[Problem]:
    """Everything that is wrong with several files, warnings included."""
    for file in files:
        try:
            yield from load(file).warnings
        except BadScenario as bad:
            yield from bad.problems
