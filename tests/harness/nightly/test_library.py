"""From a definition to the entries of a night."""

from datetime import date
from pathlib import Path

import pytest

from harness.checkers.verdict import Ruling
from harness.nightly.library import Kind, Library, make_library, scenario_name, seed_of, with_preset
from harness.nightly.where import Where, choose

from .conftest import HERE, LIBRARY

NIGHT = date(2026, 11, 25)
TEMPLATE = """\
scenario: preset
description: A site with the connectivity of a preset.
environments: [local]
workload: {sensors: 1, rate: 20/s, warm_up: 5s, run_for: 20s}
# preset: NAME
outages: {preset: some_link, scale: 1}
judge: [loss]
"""


def library_of(folder: Path, text: str, where: Where = HERE, **options: str) -> Library:
    (folder / "library.yaml").write_text(text)
    return make_library(folder, NIGHT, where, made=folder / "made", **options)


def scenario(folder: Path, name: str, environments: str = "local") -> Path:
    text = (LIBRARY / "short_night.yaml").read_text().replace("short_night", name)
    file = folder / f"{name}.yaml"
    file.write_text(text.replace("local, containers, simulated", environments))
    return file


def test_the_library_has_scenarios_and_a_canary_that_has_to_be_found_out(tmp_path: Path) -> None:
    library = make_library(LIBRARY, NIGHT, HERE, made=tmp_path)
    night, canary = library.entries
    assert (night.name, night.kind, night.expected) == ("short_night", Kind.SCENARIO, Ruling.VALID)
    assert (canary.kind, canary.expected, canary.found_by) == (Kind.CANARY, Ruling.INVALID, "loss")
    assert str(canary.stream_manager).endswith("-m system.stream_manager.canary")
    assert library.at_least == 2


def test_what_is_put_in_the_place_of_our_stream_manager_spares_the_canary(tmp_path: Path) -> None:
    library = make_library(LIBRARY, NIGHT, HERE, made=tmp_path, stream_manager="my-server")
    assert library.entries[0].stream_manager == "my-server"
    assert "canary" in str(library.entries[1].stream_manager)


@pytest.mark.parametrize(
    ("environment", "given"),
    [
        ("containers", "python -m system.stream_manager.canary"),
        ("simulated", "system.stream_manager.canary:PARTS"),
    ],
)
def test_the_canary_is_named_as_its_edition_wants_it(
    tmp_path: Path, environment: str, given: str
) -> None:
    where = Where(asked=environment, environment=environment)
    assert make_library(LIBRARY, NIGHT, where, made=tmp_path).entries[1].stream_manager == given


def test_only_what_is_drawn_has_the_seed_of_the_date(tmp_path: Path) -> None:
    scenario(tmp_path, "same")
    scenario(tmp_path, "other")
    library = library_of(tmp_path, "scenarios: [same.yaml]\ndrawn: [other.yaml]\nseed: 3\n")
    assert [each.seed for each in library.entries] == [3, 20261125]
    assert seed_of(date(2026, 1, 2)) == 20260102


def test_each_preset_that_is_there_becomes_a_scenario(tmp_path: Path) -> None:
    scenario(tmp_path, "same")
    (tmp_path / "preset.yaml").write_text(TEMPLATE)
    presets = tmp_path / "presets"
    presets.mkdir()
    for name in ("lte-train", "satellite"):
        (presets / f"{name}.yaml").write_text("{}")
    text = (
        "scenarios: [same.yaml]\npresets: {folder: presets, template: preset.yaml, at_least: 5}\n"
    )
    library = library_of(tmp_path, text)
    assert [each.name for each in library.entries] == [
        *("same", "preset_lte_train", "preset_satellite")
    ]
    assert library.at_least == 6
    written = (tmp_path / "made" / "preset_lte_train.yaml").read_text()
    assert "scenario: preset_lte_train\n" in written
    assert "outages: {preset: lte-train, scale: 1}" in written


def test_a_preset_is_put_where_the_template_has_one() -> None:
    made = with_preset(TEMPLATE, "tunnel")
    assert "scenario: preset_tunnel\n" in made
    assert "{preset: tunnel, scale: 1}" in made
    assert "some_link" not in made
    assert scenario_name("5G.mmWave-walk") == "preset_5g_mmwave_walk"


def test_a_scenario_with_mistakes_is_an_entry_with_a_problem(tmp_path: Path) -> None:
    scenario(tmp_path, "sound")
    scenario(tmp_path, "broken").write_text("scenario: broken\n")
    sound, broken = library_of(tmp_path, "scenarios: [sound.yaml, broken.yaml]\n").entries
    assert sound.problem == ""
    assert "broken.yaml:1:1: workload: is missing" in broken.problem


def test_the_limit_of_a_run_is_its_plans_or_the_librarys(tmp_path: Path) -> None:
    scenario(tmp_path, "one")
    (planned,) = library_of(tmp_path, "scenarios: [one.yaml]\n").entries
    assert planned.limit_s > 300 > planned.rough_s > 30
    (given,) = library_of(tmp_path, "scenarios: [one.yaml]\nlimit: 90s\n").entries
    assert given.limit_s == 90


def test_what_is_not_for_this_environment_is_left_out_and_not_missed(tmp_path: Path) -> None:
    scenario(tmp_path, "one", "local, simulated")
    scenario(tmp_path, "load")
    text = "scenarios: [one.yaml, {scenario: load.yaml, environments: [local, containers]}]\n"
    simulated = Where(asked="simulated", environment="simulated")
    library = library_of(tmp_path, text, simulated)
    assert [each.name for each in library.entries] == ["one"]
    assert (library.at_least, library.left_out) == (1, ("load",))
    whole = library_of(tmp_path, text)
    assert ([each.name for each in whole.entries], whole.left_out) == (["one", "load"], ())


def test_names_choose_some_of_it(tmp_path: Path) -> None:
    library = make_library(LIBRARY, NIGHT, HERE, made=tmp_path)
    assert [each.name for each in library.only(("short_canary",)).entries] == ["short_canary"]
    assert library.only(("short_canary",)).at_least == 1
    assert library.only(()) is library
    assert library.unknown(("short_canary", "nothing")) == ["nothing"]


def test_a_name_that_is_left_out_is_known_and_said(tmp_path: Path) -> None:
    scenario(tmp_path, "one")
    scenario(tmp_path, "load")
    scenario(tmp_path, "more")
    elsewhere = "environments: [containers]"
    text = f"scenarios: [one.yaml, {{scenario: load.yaml, {elsewhere}}}, {{scenario: more.yaml, {elsewhere}}}]\n"
    library = library_of(tmp_path, text)
    assert library.unknown(("one", "load", "nothing")) == ["nothing"]
    chosen = library.only(("one", "load"))
    assert ([each.name for each in chosen.entries], chosen.left_out) == (["one"], ("load",))


# -- where -----------------------------------------------------------------------------------------


def test_a_night_runs_in_containers_or_in_local_where_they_cannot_be_had() -> None:
    assert choose("auto", lambda: "") == Where(asked="auto", environment="containers")
    without = choose("auto", lambda: "no engine answers")
    assert (without.environment, without.why) == ("local", "no engine answers")


def test_what_was_asked_for_is_kept_whatever_is_missing() -> None:
    assert choose("containers", lambda: "no engine answers").environment == "containers"
    assert choose("local", lambda: pytest.fail("nobody asks")).environment == "local"


def test_a_scenario_that_is_not_for_containers_runs_in_local_and_that_is_said(
    tmp_path: Path,
) -> None:
    scenario(tmp_path, "one")
    auto = Where(asked="auto", environment="containers")
    (entry,) = library_of(tmp_path, "scenarios: [one.yaml]\n", auto).entries
    assert (entry.where.environment, entry.problem) == ("local", "")
    assert entry.where.why == "the scenario is not for containers"


def test_it_is_left_out_where_containers_were_asked_for(tmp_path: Path) -> None:
    scenario(tmp_path, "one")
    asked = Where(asked="containers", environment="containers")
    (entry,) = library_of(tmp_path, "scenarios: [one.yaml]\n", asked).entries
    assert entry.problem == "the scenario is not for containers, only for local"
