"""Presets as files: those that are shipped are sound and say who says so, and mistakes are told with file and line."""

import shutil
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from harness.commands.schema import preset_reference, preset_schema_text
from harness.plan.compiling import compile_plan
from harness.report.preset_plots import OUTAGES, pattern
from harness.scenario import document
from harness.scenario.catalogue import find
from harness.scenario.loader import load
from harness.scenario.preset import Basis
from harness.scenario.preset_loader import SHIPPED, load_preset, preset_files
from harness.scenario.problems import BadScenario, Problem
from harness.scenario.schema import preset_schema

ROOT = Path(__file__).parents[3]
FILES = preset_files([SHIPPED])
TEMPLATE = ROOT / "scenarios/nightly/preset.yaml"
RAINY = """\
preset: rainy
description: A link in the rain.
sources: [{basis: measured, says: 3 gaps, where: a roof}]
licence: none
proves: something
down: {exponential: {mean: 60s}}
up: {fixed: {value: 2m}}
"""


def mistakes(file: Path) -> list[Problem]:
    with pytest.raises(BadScenario) as bad:
        load_preset(file)
    return list(bad.value.problems)


# -- those that are shipped ------------------------------------------------------------------------


def test_there_are_enough_of_them_and_the_main_scenarios_are_none_of_them() -> None:
    assert len(FILES) >= 12
    assert [each.stem for each in find([ROOT / "scenarios"])] == [
        "cloud_outage",
        "overwrite_on_full",
        "priority_after_outage",
        "throughput_20hz",
    ]


@pytest.mark.parametrize("name", FILES)
def test_a_shipped_preset_is_sound_sourced_and_drawn(name: str) -> None:
    preset = load_preset(FILES[name]).preset
    assert preset.sources and all(each.where for each in preset.sources)
    jsonschema.Draft202012Validator(preset_schema()).validate(
        document.read(FILES[name].read_bytes()).data
    )
    drafts, until_ms = pattern(preset)
    assert (
        sum("latency" not in each.name and "bandwidth" not in each.name for each in drafts)
        == OUTAGES
    )
    assert until_ms > 0
    assert (ROOT / f"docs/images/presets/{name}.png").stat().st_size > 1000


def test_most_presets_stand_on_more_than_our_own_word() -> None:
    ours = [
        name
        for name, file in FILES.items()
        if {each.basis for each in load_preset(file).preset.sources} == {Basis.ASSUMED}
    ]
    assert ours == ["truck_depot"]


@pytest.mark.parametrize("name", FILES)
def test_the_template_takes_any_of_them(name: str, write: Callable[..., Path]) -> None:
    text = TEMPLATE.read_text().replace("preset: any", f"preset: {name}")
    loaded = load(write(text.replace("scenario: preset", "scenario: taken"), "taken"))
    assert loaded.warnings == ()
    plan = compile_plan(loaded.scenario, 20261125)
    assert [each.preset for each in plan.presets] == [name]
    assert plan.moments


def test_the_published_schema_and_reference_are_current() -> None:
    assert (ROOT / "docs/reference/preset.schema.json").read_text() == preset_schema_text()
    assert (ROOT / "docs/reference/presets.md").read_text() == preset_reference()


# -- mistakes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "line", "path", "says"),
    [
        ("preset: rainy", "preset: sunny", 1, "preset", "the file is called rainy"),
        ("licence: none\n", "", 1, "licence", "is missing"),
        ("measured", "heard", 3, "sources[0].basis", "measured"),
        ("{mean: 60s}", "{mean: 60}", 6, "down.exponential.mean", "60 is no duration"),
        ("exponential", "exponentail", 6, "down", "did you mean"),
        ("up:", "upp:", 7, "upp", "did you mean `up`"),
        (
            "{fixed: {value: 2m}}",
            "{quantiles: {points: [[0%, 2s], [60%, 1s], [100%, 9s]]}}",
            7,
            "up.quantiles",
            "have to rise",
        ),
        (
            "{fixed: {value: 2m}}",
            "{quantiles: {points: [[0%, 2s], [60%, 3s]]}}",
            7,
            "up.quantiles",
            "the last not 100%",
        ),
        (
            "{fixed: {value: 2m}}",
            "{pareto: {shortest: 1s, alpha: 1, at_least: 9s, at_most: 2s}}",
            7,
            "up.pareto",
            "swap them",
        ),
    ],
)
def test_a_mistake_in_a_preset_is_told_with_its_place(
    old: str, new: str, line: int, path: str, says: str, write: Callable[..., Path]
) -> None:
    told = mistakes(write(RAINY.replace(old, new, 1), "rainy"))
    assert any(
        each.line == line and each.path.startswith(path) and says in each.text for each in told
    ), told


def test_a_preset_beside_the_scenario_is_found_first(tmp_path: Path) -> None:
    folder = tmp_path / "presets"
    folder.mkdir()
    (folder / "geo_ship.yaml").write_text(RAINY.replace("rainy", "geo_ship"))
    shutil.copy(TEMPLATE, tmp_path / "preset.yaml")
    file = tmp_path / "preset.yaml"
    file.write_text(file.read_text().replace("preset: any", "preset: geo_ship"))
    plan = compile_plan(load(file).scenario, 1)
    assert plan.presets[0].description == "A link in the rain."


def test_a_preset_that_is_not_sound_is_told_beside_the_scenario_that_names_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets/rainy.yaml").write_text(RAINY.replace("60s", "60"))
    file = tmp_path / "preset.yaml"
    file.write_text(TEMPLATE.read_text().replace("preset: any", "preset: rainy"))
    with pytest.raises(BadScenario) as bad:
        load(file)
    told = [(Path(each.file).name, each.path, each.line > 0) for each in bad.value.problems]
    assert told == [
        ("preset.yaml", "outages[0].preset", True),
        ("rainy.yaml", "down.exponential.mean", True),
    ]


@pytest.mark.parametrize(
    ("more", "path", "says"),
    [
        ("outages: {preset: geo_shop}", "outages[0].preset", "did you mean `geo_ship`"),
        ("outages: {preset: geo_ship, scale: 60}", "outages.scale", "1/60"),
        ("outages: {preset: geo_ship, on: {event: link_up}}", "outages", "does not go with"),
        ("outages: {count: 2, down: 5s}", "outages", "`up` is missing"),
        (
            "outages: {count: 2, down: 5s, up: 5s, scale: 1/60}",
            "outages",
            "only goes with `preset`",
        ),
    ],
)
def test_a_series_that_takes_a_preset_wrongly_is_told(
    more: str, path: str, says: str, errors: Callable[[str], list[Problem]]
) -> None:
    (problem,) = errors(f"judge: [loss]\n{more}")
    assert (problem.path, problem.line) == (path, 5)
    assert says in problem.text


def test_a_preset_is_no_scenario() -> None:
    with pytest.raises(BadScenario, match=r"name it in a scenario: `outages: \{preset: NAME\}`"):
        load(FILES["geo_ship"])
