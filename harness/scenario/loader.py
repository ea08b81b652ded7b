"""From a file to a sound scenario, or to everything that is wrong with it, at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from harness.scenario import document as documents
from harness.scenario.document import Document, Mark
from harness.scenario.explain import Mistake, mistakes
from harness.scenario.model import Scenario
from harness.scenario.partial import Remainder, remainder, whole
from harness.scenario.problems import BadScenario, Problem, Severity, render_path
from harness.scenario.problems import Path as Where
from harness.scenario.rules import sense, site, targets, times
from harness.scenario.rules.finding import Finding

RULES = (*times.RULES, *site.RULES, *sense.RULES, *targets.RULES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A sound scenario.

    Attributes:
        file: where it was read.
        content: as it stands there, for the artefacts of a run.
        warnings: what is doubtful about it.
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
    """Read a scenario from the content of a file; the file itself is not looked at.

    Raises:
        BadScenario: with all that is wrong, warnings included.
    """
    reading = _Reading(str(file), file.stem, documents.read(content))
    scenario = reading.scenario()
    problems = sorted(reading.problems, key=lambda each: (each.line, each.column))
    if scenario is None or any(each.severity is Severity.ERROR for each in problems):
        raise BadScenario(problems)
    return Loaded(file=file, content=content, scenario=scenario, warnings=tuple(problems))


def _unreadable(file: Path, error: OSError) -> Problem:
    if isinstance(error, FileNotFoundError):
        text = "there is no such file; `stream-chaos list` shows the scenarios"
    else:
        text = f"cannot be read ({error.strerror}); look at what it is and who may read it"
    return Problem(file=str(file), line=0, column=0, path="", text=text)


class _Reading:
    """One file, and what has been found wrong with it."""

    def __init__(self, file: str, stem: str, document: Document) -> None:
        self.problems: list[Problem] = []
        self._file = file
        self._stem = stem
        self._document = document
        for fault in document.faults:
            self._note(fault.mark, fault.path, fault.text)

    def scenario(self) -> Scenario | None:
        data = self._document.data
        if not isinstance(data, dict):
            if not self._document.faults:
                self._note(None, (), _no_mapping(data))
            return None
        try:
            scenario = Scenario.model_validate(data)
        except ValidationError as error:
            found = mistakes(error, data, Scenario)
            self._errors(found)
            rest = remainder(data, [mistake.path for mistake in found])
            if rest is not None:
                self._rules(rest)
            self._name(data.get("scenario"))
            return None
        self._rules(whole(scenario))
        self._name(scenario.scenario)
        return scenario

    def _errors(self, found: list[Mistake]) -> None:
        for mistake in found:
            marked = self._document.mark_of_key if mistake.by_key else self._document.mark_of_value
            for text in mistake.texts:
                self._note(marked(mistake.path), mistake.path, text)

    def _rules(self, rest: Remainder) -> None:
        for rule in RULES:
            if not rest.dropped.intersection(rule.needs):
                for finding in rule.check(rest.scenario):
                    self._found(finding, rest.place(finding.path))

    def _found(self, finding: Finding, path: Where) -> None:
        mark = self._document.mark_of_value(path)
        self._note(mark, path, finding.text, finding.severity)

    def _name(self, name: object) -> None:
        if isinstance(name, str) and name != self._stem:
            text = f"the file is called {self._stem}; call the scenario {self._stem} or rename the file"
            self._note(self._document.mark_of_value(("scenario",)), ("scenario",), text)

    def _note(
        self, mark: Mark | None, path: Where, text: str, severity: Severity = Severity.ERROR
    ) -> None:
        line, column = (mark.line, mark.column) if mark else (1, 1)
        self.problems.append(
            Problem(
                file=self._file,
                line=line,
                column=column,
                path=render_path(path),
                text=text,
                severity=severity,
            )
        )


def _no_mapping(data: object) -> str:
    if data is None:
        return "the file is empty; `stream-chaos init NAME` writes a scenario to begin with"
    found = "a list" if isinstance(data, list) else "a single value"
    return f"a scenario is a mapping of `key: value` lines; this is {found}"


def all_problems(files: list[Path]) -> Iterator[Problem]:
    """Everything that is wrong with several files, warnings included."""
    for file in files:
        try:
            yield from load(file).warnings
        except BadScenario as bad:
            yield from bad.problems
