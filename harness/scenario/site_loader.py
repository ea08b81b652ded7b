"""From a file to a sound site, or to everything that is wrong with it, at once."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.scenario.explain import mistakes
from harness.scenario.problems import BadScenario, Problem, Severity
from harness.scenario.reading import Reading
from harness.scenario.rules import application, code
from harness.scenario.site_file import LoadedSite, SiteFile

INIT = "stream-chaos init NAME --site"


def load_site(file: Path) -> LoadedSite:
    """Read a site file and look at what it refers to.

    Raises:
        BadScenario: with all that is wrong, warnings included.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise BadScenario([_unreadable(file, error)]) from error
    reading = Reading(str(file), content)
    site = _site(reading, file.parent)
    problems = reading.sorted()
    if site is None or any(each.severity is Severity.ERROR for each in problems):
        raise BadScenario(problems)
    return LoadedSite(file=file, content=content, site=site, warnings=tuple(problems))


def is_site(data: object) -> bool:
    """Whether a file says that it is a site file: in a scenario `site` is a mapping."""
    return isinstance(data, dict) and "scenario" not in data and isinstance(data.get("site"), str)


def _site(reading: Reading, base: Path) -> SiteFile | None:
    data = reading.mapping("a site file", INIT)
    if data is None:
        return None
    try:
        site = SiteFile.model_validate(data)
    except ValidationError as error:
        reading.mistakes(mistakes(error, data, SiteFile))
        # Rules across fields have their say on what is sound, so that all mistakes are told at once.
        rest = _sound_part(data, error)
        if rest is not None:
            _rules(reading, base, *rest)
        return None
    _rules(reading, base, site, range(len(site.functions)))
    return site


def _rules(reading: Reading, base: Path, site: SiteFile, kept: Sequence[int]) -> None:
    """Note what the rules find.

    Args:
        kept: for each function of `site`, where it stands in the file.
    """
    found = [finding for rule in application.RULES for finding in rule(site)]
    for finding in [*found, *code.check_code(site, base)]:
        path = finding.path
        if len(path) > 1 and path[0] == "functions":
            path = (path[0], kept[int(path[1])], *path[2:])
        reading.found(path, finding.text, finding.severity)


def _sound_part(
    data: Mapping[str, Any], error: ValidationError
) -> tuple[SiteFile, list[int]] | None:
    """The site without what is wrong in it, and where its functions stand; None where too little is left."""
    locations = [each["loc"] for each in error.errors()]
    wrong = {str(location[0]) for location in locations if location}
    kept = {key: value for key, value in data.items() if key not in wrong}
    functions = data.get("functions")
    sound = list(range(len(functions))) if isinstance(functions, list) else []
    if "functions" in wrong:
        bad = {
            location[1] for location in locations if location[:1] == ("functions",) and location[1:]
        }
        sound = [index for index in sound if index not in bad] if bad else []
        kept["functions"] = [data["functions"][index] for index in sound]
        # They may speak of the functions that are left out.
        for key in ("subscriptions", "ready", "source"):
            kept.pop(key, None)
    if "container" in wrong:
        kept.pop("ready", None)
    try:
        return SiteFile.model_validate({"site": "stand_in", **kept}), sound
    except ValidationError:
        return None


def _unreadable(file: Path, error: OSError) -> Problem:
    if isinstance(error, FileNotFoundError):
        text = f"there is no such site file; `{INIT}` writes one to begin with"
    else:
        text = f"cannot be read ({error.strerror}); look at what it is and who may read it"
    return Problem(file=str(file), line=0, column=0, path="", text=text)
