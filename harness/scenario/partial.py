"""A scenario that is only sound in part: what remains without the wrong parts, so that its other mistakes show too."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from harness.scenario.model import Scenario
from harness.scenario.problems import Path

_STAND_INS: Mapping[str, Any] = {
    "scenario": "stand_in",
    "description": "stand-in",
    "workload": {"run_for": "168h"},
    "judge": ["loss"],
}
"""For what a scenario cannot be without."""


@dataclass(frozen=True, slots=True)
class Remainder:
    """What remains.

    Attributes:
        dropped: names of the top-level parts that lack something: rules that need them have no say.
        kept: for each list, where its elements stand in the file.
    """

    scenario: Scenario
    dropped: frozenset[str]
    kept: Mapping[str, list[int]]

    def place(self, path: Path) -> Path:
        """A path of the remainder, as a path of the file."""
        if len(path) > 1 and isinstance(path[1], int) and path[0] in self.kept:
            return (path[0], self.kept[str(path[0])][path[1]], *path[2:])
        return path


def whole(scenario: Scenario) -> Remainder:
    """A scenario of which nothing had to be dropped."""
    return Remainder(scenario, frozenset(), {})


def remainder(data: Mapping[str, Any], wrong: Iterable[Path]) -> Remainder | None:
    """What of `data` is sound.

    Args:
        data: of the whole file.
        wrong: paths of its mistakes.
    """
    paths = list(wrong)
    dropped = {str(path[0]) for path in paths if path}
    sound = {key: value for key, value in data.items() if key in _known() and key not in dropped}
    kept = {}
    for key in ("steps", "outages", "conditions", "judge"):
        # A list with one bad element still has good ones: they are judged, and the bad one is not.
        if isinstance(data.get(key), list) and (bad := _bad_elements(key, paths)) is not None:
            kept[key] = [index for index in range(len(data[key])) if index not in bad]
            sound[key] = [data[key][index] for index in kept[key]]
            dropped.discard(key)
    absent = {key: value for key, value in _STAND_INS.items() if not sound.get(key)}
    try:
        scenario = Scenario.model_validate({**sound, **absent})
    except ValidationError:
        return None
    return Remainder(scenario, frozenset(dropped | set(absent)), kept)


def _bad_elements(key: str, paths: Iterable[Path]) -> set[int] | None:
    """Indexes of a list's bad elements, or None when the list itself is bad."""
    own = [path for path in paths if path and path[0] == key]
    if any(len(path) < 2 or not isinstance(path[1], int) for path in own):
        return None
    return {int(path[1]) for path in own}


def _known() -> set[str]:
    return {field.alias or name for name, field in Scenario.model_fields.items()}
