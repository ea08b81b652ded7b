"""Scenarios on a site of one's own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.plan.compiling import compile_plan
from harness.plan.model import Plan
from harness.plan.rendering import render
from harness.scenario.loader import Loaded, load
from harness.scenario.problems import BadScenario, Problem, Severity

Write = Callable[..., Path]
Errors = Callable[..., list[Problem]]
Sound = Callable[[str], Loaded]

SITE = """\
site: line
functions:
  - name: Frames
    folder: .
    handler: frames.main
    environment: {RATE: 5, SIZE: 10}
    ports: {api: {variable: API_PORT}}
streams: [Vibes]
stream_manager: {STREAM_MANAGER_EXPORTER_MAX_BACKOFF_MS: 5000, STREAM_MANAGER_EXPORTER_THREAD_POOL_SIZE: 1}
"""


@pytest.fixture(autouse=True)
def site(tmp_path: Path) -> Path:
    (tmp_path / "frames.py").write_text("def main(event, context): pass\n")
    file = tmp_path / "line.yaml"
    file.write_text(SITE)
    return file


def test_a_plan_has_the_application_with_what_the_scenario_changes(sound: Sound) -> None:
    loaded = sound(
        "site: {file: line.yaml, functions: {Frames: {RATE: 9}}, "
        "stream_manager: {STREAM_MANAGER_EXPORTER_MAX_BACKOFF_MS: 2000}}\njudge: [loss, priority]\n"
    )
    assert loaded.warnings == ()
    plan = compile_plan(loaded.scenario, 1)
    assert plan.site.application is not None
    (frames,) = plan.site.application.functions
    assert frames.environment == {"RATE": "9", "SIZE": "10"}
    assert plan.site.backoff_ms_max == 2000
    assert plan.workload.expected_readings == 0
    assert Plan.from_json(plan.to_json()).site.application == plan.site.application
    assert "site        line: Frames, for 1m" in render(plan)


def test_the_same_files_elsewhere_are_the_same_plan(sound: Sound, tmp_path: Path) -> None:
    here = compile_plan(sound("site: {file: line.yaml}\njudge: [loss]\n").scenario, 1)
    other = tmp_path / "other"
    other.mkdir()
    for name in ("line.yaml", "frames.py", "sound.yaml"):
        (other / name).write_bytes((tmp_path / name).read_bytes())
    there = compile_plan(load(other / "sound.yaml").scenario, 1)
    assert there.hash == here.hash
    assert there.site.base != here.site.base


def test_a_plan_of_our_own_functions_says_nothing_of_applications(sound: Sound) -> None:
    plan = compile_plan(sound("judge: [loss]\n").scenario, 1)
    assert "application" not in plan.to_json()["site"]


def test_mistakes_of_both_files_are_told_at_once(write: Write, site: Path) -> None:
    site.write_text(SITE.replace("frames.main", "frames.mian"))
    file = write(
        "scenario: sound\ndescription: x\nworkload: {run_for: 20s}\nsite: {file: line.yaml}\n"
        "steps: [{at: 30s, cut: all, for: 1s}]\njudge: [los]\n"
    )
    with pytest.raises(BadScenario) as bad:
        load(file)
    errors = [each for each in bad.value.problems if each.severity is Severity.ERROR]
    assert [(Path(each.file).name, each.line) for each in errors] == [
        ("sound.yaml", 4),
        ("sound.yaml", 5),
        ("sound.yaml", 6),
        ("line.yaml", 5),
    ]


def test_a_site_file_that_is_not_there_is_told_where_it_is_named(errors: Errors) -> None:
    named, missing = errors("site: {file: lines.yaml}\njudge: [loss]\n")
    assert (named.line, named.path) == (4, "site.file")
    assert "there is no such site file" in missing.text


@pytest.mark.parametrize(
    ("more", "path", "says"),
    [
        ("site: {functions: {A: {B: 1}}}\njudge: [loss]", "site.functions", "goes with `file`"),
        (
            "site: {file: line.yaml, stream_producer: {A: 1}}\njudge: [loss]",
            "site.stream_producer",
            "goes with our functions",
        ),
        (
            "site: {file: line.yaml, kinesis_streams: [A]}\njudge: [loss]",
            "site.kinesis_streams",
            "the site file line.yaml says what yours need",
        ),
        (
            "site: {file: line.yaml, functions: {Frame: {A: 1}}}\njudge: [loss]",
            "site.functions.Frame",
            "did you mean `Frames`?",
        ),
        (
            "site: {file: line.yaml, functions: {Frames: {API_PORT: 1}}}\njudge: [loss]",
            "site.functions.Frames.API_PORT",
            "is set by the run",
        ),
        ("site: {file: line.yaml}\njudge: [throughput]", "judge[0]", "counts our readings"),
        (
            "site: {file: line.yaml}\njudge: [loss]\nenvironments: [local, simulated]",
            "environments[1]",
            "cannot run in simulated time",
        ),
        (
            "site: {file: line.yaml}\njudge: [loss]\nconditions: [readings_offered: {at_least: 1}]",
            "conditions[0]",
            "counts our readings",
        ),
        (
            "site: {file: line.yaml}\njudge: [loss]\nsteps: [{at: 20s, kill: sensor_source}]",
            "steps[0].kill",
            "is no process of the site; known here: stream_manager, core, Frames",
        ),
        ("judge: [loss]\nsteps: [{at: 20s, kill: Frames}]", "steps[0].kill", "is no process"),
    ],
)
def test_what_does_not_go_together_is_told(errors: Errors, more: str, path: str, says: str) -> None:
    (one,) = errors(more)
    assert one.path == path
    assert says in one.text


def test_a_workload_of_our_sensors_is_told(write: Write) -> None:
    file = write(
        "scenario: sound\ndescription: x\nworkload: {run_for: 20s, sensors: 1, rate: 5/s}\n"
        "site: {file: line.yaml}\njudge: [loss]\n"
    )
    with pytest.raises(BadScenario) as bad:
        load(file)
    assert [each.path for each in bad.value.problems] == ["workload.sensors", "workload.rate"]


def test_a_stream_that_the_site_file_does_not_name_is_doubtful(sound: Sound) -> None:
    loaded = sound(
        "site: {file: line.yaml}\njudge: [loss]\nsteps: [{at: 20s, kill: Frames}]\n"
        "conditions: [waiting_at_heal: {stream: LocalDataStream, at_least: 1}]\n"
    )
    (warning,) = loaded.warnings
    assert warning.severity is Severity.WARNING
    assert "`LocalDataStream`; known here: Vibes" in warning.text
