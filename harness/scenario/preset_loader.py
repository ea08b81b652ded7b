"""From files to sound presets, or to everything that is wrong with them; and where presets are looked for."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import ValidationError

from harness.scenario.explain import likely, mistakes
from harness.scenario.outages import ANY
from harness.scenario.preset import LoadedPreset, Preset
from harness.scenario.problems import BadScenario, Problem
from harness.scenario.reading import Reading

SUFFIXES = (".yaml", ".yml")
FOLDER = "presets"
# In an installed package inside this one, in a checkout in their folder.
_PLACES = (Path(__file__).parent / FOLDER, Path(__file__).parents[2] / "scenarios" / FOLDER)
SHIPPED = next((each for each in _PLACES if each.is_dir()), _PLACES[-1])


def preset_folders(scenario: Path | None = None) -> list[Path]:
    """Where presets are looked for, the nearest first: beside a scenario, in the working folder, ours.

    Args:
        scenario: the file that names one.
    """
    near = [] if scenario is None else [each / FOLDER for each in scenario.absolute().parents[:2]]
    there = [*near, Path.cwd() / "scenarios" / FOLDER, SHIPPED]
    return [each for each in dict.fromkeys(there) if each.is_dir()]


def preset_files(folders: Sequence[Path]) -> dict[str, Path]:
    """The files of all presets by name; a nearer one hides one of the same name."""
    found: dict[str, Path] = {}
    for folder in folders:
        for file in sorted(_in_folder(folder)):
            found.setdefault(file.stem, file)
    return dict(sorted(found.items()))


def _in_folder(folder: Path) -> Iterator[Path]:
    return (file for file in folder.iterdir() if file.suffix in SUFFIXES and file.is_file())


def presets_of(name: str, scenario: Path) -> list[Preset]:
    """The presets that a name in a scenario means: one, or all.

    Raises:
        BadScenario: there is none of this name, or what there is is not sound.
    """
    known = preset_files(preset_folders(scenario))
    if not known or (name != ANY and name not in known):
        says = likely(name, known) if known else f"there is no folder `{FOLDER}` with any"
        text = f"no preset is called `{name}`; {says}"
        raise BadScenario([Problem(file=str(scenario), line=0, column=0, path="", text=text)])
    return [load_preset(known[each]).preset for each in (known if name == ANY else [name])]


def load_preset(file: Path) -> LoadedPreset:
    """Read a preset.

    Raises:
        BadScenario: with all that is wrong.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        text = f"cannot be read ({error.strerror}); look at what it is and who may read it"
        problem = Problem(file=str(file), line=0, column=0, path="", text=text)
        raise BadScenario([problem]) from error
    reading = Reading(str(file), content)
    preset = _preset(reading, file.stem)
    if preset is None or reading.problems:
        raise BadScenario(reading.sorted())
    return LoadedPreset(file=file, preset=preset)


def _preset(reading: Reading, stem: str) -> Preset | None:
    data = reading.mapping("a preset", "stream-chaos list")
    if data is None:
        return None
    name = data.get("preset")
    if isinstance(name, str) and name != stem:
        text = f"the file is called {stem}; call the preset {stem} or rename the file"
        reading.found(("preset",), text)
    try:
        return Preset.model_validate(data)
    except ValidationError as error:
        reading.mistakes(mistakes(error, data, Preset))
        return None
