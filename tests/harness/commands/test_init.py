import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.scenario.loader import load

Chaos = Callable[..., Any]


def test_a_fresh_scenario_is_sound_beyond_doubt_and_explains_itself(
    chaos: Chaos, tmp_path: Path
) -> None:
    ended = chaos("init", "mine")
    assert ended.status == 0
    assert "stream-chaos run scenarios/mine.yaml" in ended.output
    file = tmp_path / "scenarios" / "mine.yaml"
    assert load(file).warnings == ()
    assert file.read_text().count("# ") > 8


def test_the_steps_that_its_comments_suggest_are_sound_too(chaos: Chaos, tmp_path: Path) -> None:
    chaos("init", "mine")
    file = tmp_path / "scenarios" / "mine.yaml"
    head, tail = file.read_text().split("steps:\n")
    suggested = [line.removeprefix("# ") for line in head.splitlines() if line.startswith("#   -")]
    (outage,) = [line for line in tail.splitlines() if line.startswith("  - {name: outage")]
    file.write_text(f"{head}steps:\n" + "\n".join([outage, *suggested]) + tail.split(outage)[1])
    assert len(suggested) == 3
    assert len(load(file).scenario.steps) == 4


def test_a_file_that_is_there_is_left_alone(chaos: Chaos, tmp_path: Path) -> None:
    file = tmp_path / "scenarios" / "mine.yaml"
    file.parent.mkdir()
    file.write_text("precious")
    ended = chaos("init", "mine")
    assert (ended.status, file.read_text()) == (2, "precious")
    assert "is there already" in ended.errors


@pytest.mark.parametrize("name", ["Mine", "../mine", "1st", "a b", ""])
def test_a_name_that_cannot_be_a_scenarios_is_refused(name: str, chaos: Chaos) -> None:
    ended = chaos("init", name)
    assert ended.status == 2
    assert "cannot be the name" in ended.errors


def test_a_folder_that_cannot_be_written_is_told(chaos: Chaos, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    ended = chaos("init", "mine", "--folder", "taken/inside")
    assert ended.status == 2
    assert "cannot be written" in ended.errors


def test_a_fresh_site_is_sound_beyond_doubt_and_its_scenario_too(
    chaos: Chaos, tmp_path: Path
) -> None:
    ended = chaos("init", "plant", "--site")
    assert ended.status == 0
    assert "stream-chaos run plant/plant.yaml" in ended.output
    loaded = load(tmp_path / "plant" / "plant.yaml")
    assert loaded.warnings == ()
    assert loaded.scenario.site.own is not None
    assert loaded.scenario.site.own.site.function_names == ("Meter",)
    assert (tmp_path / "plant" / "site.yaml").read_text().count("# ") > 8


def test_what_the_comments_of_a_fresh_site_suggest_is_sound(chaos: Chaos, tmp_path: Path) -> None:
    chaos("init", "plant", "--site")
    (tmp_path / "plant" / "docker-compose.yml").write_text(
        "services: {page: {image: page, x-process: 'sleep 60'}}"
    )
    commented = re.compile(r"^( *)# (?=- \{|  - \{|[a-z_]+: [\[{]|subscriptions:$)", re.MULTILINE)
    for file in (tmp_path / "plant" / "site.yaml", tmp_path / "plant" / "plant.yaml"):
        text, suggestions = commented.subn(r"\1", file.read_text())
        assert suggestions >= 5
        file.write_text(text)
    loaded = load(tmp_path / "plant" / "plant.yaml")
    assert loaded.scenario.site.own is not None
    site = loaded.scenario.site.own.site
    assert len(site.subscriptions) == len(site.cloud.iot_analytics_channels) == 1
    assert site.ports == {"api": 0, "page": 8082}
    assert (len(site.ready), site.source is not None) == (2, True)
    assert len(loaded.scenario.steps) == 4
    assert loaded.scenario.site.functions == {"Meter": {"PER_SECOND": "50"}}


def test_a_site_leaves_alone_whatever_is_there(chaos: Chaos, tmp_path: Path) -> None:
    precious = tmp_path / "mine" / "meter" / "meter.py"
    precious.parent.mkdir(parents=True)
    precious.write_text("precious")
    ended = chaos("init", "plant", "--site", "--folder", "mine")
    assert (ended.status, precious.read_text()) == (2, "precious")
    assert not (tmp_path / "mine" / "site.yaml").exists()


@pytest.mark.parametrize("name", ["a__b", "a_", "a" * 31])
def test_a_name_that_cannot_be_a_sites_is_refused(name: str, chaos: Chaos) -> None:
    ended = chaos("init", name, "--site")
    assert ended.status == 2
    assert "cannot be the name of a site" in ended.errors
