import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

SCENARIOS = Path(__file__).parents[3] / "scenarios"
Chaos = Callable[..., Any]


def test_scenarios_show_with_description_environment_and_duration(chaos: Chaos) -> None:
    ended = chaos("list", SCENARIOS)
    assert ended.status == 0
    assert "about 330 s; throughput, loss" in ended.output
    assert "Twenty readings per second" in ended.output


def test_a_list_for_programs_has_one_line_for_each(chaos: Chaos) -> None:
    ended = chaos("list", SCENARIOS, "--json")
    summaries = [json.loads(line) for line in ended.output.splitlines()]
    names = [summary["scenario"] for summary in summaries]
    assert names == sorted(names)
    assert all("local" in summary["environments"] for summary in summaries)


def test_without_scenarios_it_says_how_to_write_one(chaos: Chaos, tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    ended = chaos("list")
    assert ended.status == 2
    assert "stream-chaos init" in ended.errors


def test_a_bad_scenario_does_not_hide_the_others(chaos: Chaos, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("")
    ended = chaos("list", tmp_path, SCENARIOS)
    assert ended.status == 2
    assert "cloud_outage" in ended.output
    assert "a.yaml:1:1: the file is empty" in ended.errors


def test_presets_show_behind_the_scenarios_and_for_programs_alone(chaos: Chaos) -> None:
    shown = chaos("list", SCENARIOS).output
    assert shown.index("cloud_outage  (") < shown.index("preset geo_ship  (")
    ended = chaos("list", SCENARIOS, "--presets", "--json")
    presets = [json.loads(line) for line in ended.output.splitlines()]
    assert "geo_ship" in [preset["preset"] for preset in presets]
    assert all(Path(preset["file"]).exists() for preset in presets)
