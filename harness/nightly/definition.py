"""`library.yaml`: what a night runs, and how much of it there has to be."""

from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, model_validator

from harness.scenario import document as documents
from harness.scenario.document import Document, Mark
from harness.scenario.explain import mistakes
from harness.scenario.model import EnvironmentName
from harness.scenario.part import Part
from harness.scenario.problems import BadScenario, Problem, render_path
from harness.scenario.problems import Path as Where
from harness.scenario.quantities import Duration

LIBRARY = "library.yaml"


class Presets(Part):
    """A scenario for each connectivity preset."""

    folder: str = Field(description="Where the presets are, a file each.")
    template: str = Field(
        description="The scenario that each preset is put into: its `scenario` and its `preset` are replaced."
    )
    at_least: int = Field(
        strict=True, default=1, ge=1, description="Fewer presets than this make the night red."
    )


class Canary(Part):
    """A run that has to be found invalid."""

    scenario: str = Field(description="The scenario file.")
    module: str = Field(
        pattern=r"^[A-Za-z_][\w.]*$",
        description="The Python module that is put in the place of our stream manager: run with `-m`, or in "
        "`simulated` its `PARTS`.",
    )
    found_by: str = Field(default="loss", description="The checker that has to say so.")


class Listed(Part):
    """A scenario with a fixed seed; a bare name is that of a file which is in every night."""

    scenario: str = Field(description="The scenario file.")
    environments: tuple[EnvironmentName, ...] = Field(
        default=tuple(EnvironmentName),
        min_length=1,
        description="The nights that it is in: those in these environments.",
    )

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: object) -> object:
        return {"scenario": value} if isinstance(value, str) else value


class Definition(Part):
    """What a night runs. Files are relative to the file that names them."""

    scenarios: tuple[Listed, ...] = Field(min_length=1, description="Scenarios with a fixed seed.")
    presets: Presets | None = Field(default=None, description="A scenario for each preset.")
    drawn: tuple[str, ...] = Field(
        default=(), description="Scenarios that run with the night's own seed."
    )
    canaries: tuple[Canary, ...] = Field(default=(), description="Runs that have to be invalid.")
    seed: int = Field(
        strict=True, default=1, description="Of all but the drawn ones, so that nights compare."
    )
    limit_ms: Duration | None = Field(
        default=None,
        alias="limit",
        description="What a run may take at most; computed from its plan when it is not given.",
    )


def read_definition(file: Path) -> Definition:
    """What a file defines.

    Raises:
        BadScenario: with all that is wrong with it.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        text = f"cannot be read ({error.strerror}); name the folder of a library with --library"
        raise BadScenario([_problem(file, None, (), text)]) from error
    document = documents.read(content)
    faults = [_problem(file, fault.mark, fault.path, fault.text) for fault in document.faults]
    if faults:
        raise BadScenario(faults)
    if not isinstance(document.data, dict):
        text = "a library is a mapping of `key: value` lines; see docs/reference/nightly.md"
        raise BadScenario([_problem(file, None, (), text)])
    return _validated(file, document, document.data)


def _validated(file: Path, document: Document, data: dict[str, Any]) -> Definition:
    try:
        definition = Definition.model_validate(data)
    except ValidationError as error:
        problems = []
        for each in mistakes(error, data, Definition):
            marked = document.mark_of_key if each.by_key else document.mark_of_value
            problems += [_problem(file, marked(each.path), each.path, text) for text in each.texts]
        raise BadScenario(problems) from error
    missing = [
        _problem(file, document.mark_of_value(path), path, f"there is no {name} beside {file.name}")
        for path, name in _named(definition, data)
        if not (file.parent / name).exists()
    ]
    if missing:
        raise BadScenario(missing)
    return definition


def _named(definition: Definition, data: dict[str, Any]) -> list[tuple[Where, str]]:
    """The files and folders that a definition names, each with its place in the document."""
    named: list[tuple[Where, str]] = []
    for at, listed in enumerate(definition.scenarios):
        bare = isinstance(data["scenarios"][at], str)
        named.append(
            (("scenarios", at) if bare else ("scenarios", at, "scenario"), listed.scenario)
        )
    named += [(("drawn", at), name) for at, name in enumerate(definition.drawn)]
    named += [
        (("canaries", at, "scenario"), each.scenario) for at, each in enumerate(definition.canaries)
    ]
    if definition.presets is not None:
        named.append((("presets", "folder"), definition.presets.folder))
        named.append((("presets", "template"), definition.presets.template))
    return named


def _problem(file: Path, mark: Mark | None, path: Where, text: str) -> Problem:
    line, column = (mark.line, mark.column) if mark else (0, 0)
    return Problem(file=str(file), line=line, column=column, path=render_path(path), text=text)
