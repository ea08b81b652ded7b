import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.plan.model import Plan

SCENARIOS = Path(__file__).parents[3] / "scenarios"
Chaos = Callable[..., Any]


def test_sound_scenarios_show_their_plans(chaos: Chaos) -> None:
    ended = chaos("check", SCENARIOS)
    assert (ended.status, ended.errors) == (0, "")
    for name in ("cloud_outage", "priority_after_outage", "overwrite_on_full", "throughput_20hz"):
        assert f"{name}  (seed 1" in ended.output


def test_every_problem_of_every_file_is_told_and_the_sound_ones_still_show(
    chaos: Chaos, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("scenario: bad\ndescription: x\nworkload: {run_for: 9}\njudge: [los]\n")
    ended = chaos("check", bad, tmp_path / "none.yaml", SCENARIOS / "cloud_outage.yaml")
    assert ended.status == 2
    assert f"{bad}:3:21: workload.run_for: 9 is no duration" in ended.errors
    assert f"{bad}:4:9: judge[0].los: unknown key" in ended.errors
    assert f"{tmp_path / 'none.yaml'}: there is no such file" in ended.errors
    assert "3 problems in 2 files." in ended.errors
    assert "cloud_outage" in ended.output


def test_a_plan_as_json_can_be_read_back(chaos: Chaos) -> None:
    ended = chaos("check", SCENARIOS / "throughput_20hz.yaml", "--json", "--seed", 5)
    assert Plan.from_json(json.loads(ended.output)).seed == 5


def test_a_warning_is_told_and_does_not_fail(chaos: Chaos, tmp_path: Path) -> None:
    file = tmp_path / "doubtful.yaml"
    file.write_text(
        "scenario: doubtful\ndescription: x\nworkload: {run_for: 60s}\njudge: [overwrite]\n"
    )
    ended = chaos("check", file)
    assert ended.status == 0
    assert f"{file}:4:9: judge[0]: warning: " in ended.errors


def test_a_site_file_is_checked_by_itself(chaos: Chaos, tmp_path: Path) -> None:
    chaos("init", "plant", "--site")
    sound = chaos("check", "plant/site.yaml")
    assert (sound.status, sound.output) == (0, "")
    assert "plant/site.yaml is a sound site file." in sound.errors
    (tmp_path / "plant" / "meter" / "meter.py").unlink()
    bad = chaos("check", "plant/site.yaml", "plant")
    assert bad.status == 2
    assert bad.errors.count("plant/site.yaml:9:14: functions[0].handler: ") == 1


def test_a_site_file_in_the_place_of_a_scenario_is_told(chaos: Chaos) -> None:
    chaos("init", "plant", "--site")
    ended = chaos("run", "plant/site.yaml")
    assert ended.status == 2
    assert "plant/site.yaml:2:1: is a site file; name a scenario" in ended.errors
