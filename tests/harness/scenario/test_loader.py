from collections.abc import Callable
from pathlib import Path

import pytest

from harness.scenario.loader import Loaded, load
from harness.scenario.problems import BadScenario, Problem, Severity

FIVE_MISTAKES = """\
    scenario: other
    description: Five mistakes, and a sixth that only shows across fields.
    workload:
      sensors: 0
      run_for: 60s
    stepz: []
    steps:
      - {at: 15s, cut: kinessis, for: 3s}
      - at: 20s
        kill: stream_managr
      - {at: 50s, cut: all, for: 30s}
    judge: [loss]
"""


def problems_of(file: Path) -> list[Problem]:
    with pytest.raises(BadScenario) as bad:
        load(file)
    return [each for each in bad.value.problems if each.severity is Severity.ERROR]


def test_all_mistakes_of_a_file_are_told_at_once_with_their_lines(
    write: Callable[..., Path],
) -> None:
    problems = problems_of(write(FIVE_MISTAKES, "five"))
    assert [(each.line, each.column, each.path) for each in problems] == [
        (1, 11, "scenario"),
        (4, 12, "workload.sensors"),
        (6, 1, "stepz"),
        (8, 20, "steps[0].cut"),
        (10, 11, "steps[1].kill"),
    ]


def test_mistakes_across_fields_are_told_beside_those_of_fields(write: Callable[..., Path]) -> None:
    text = FIVE_MISTAKES.replace("sensors: 0", "sensors: 1")
    assert ("steps[2].for", 11) in [
        (each.path, each.line) for each in problems_of(write(text, "five"))
    ]


def test_a_problem_names_file_line_column_path_and_cure(write: Callable[..., Path]) -> None:
    file = write(FIVE_MISTAKES, "five")
    text = str(problems_of(file)[2])
    assert text == f"{file}:6:1: stepz: unknown key; did you mean `steps`?"


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (b"", 1, "the file is empty"),
        (b"# only a comment\n", 1, "the file is empty"),
        (b"- a\n- b\n", 1, "this is a list"),
        (b"just words", 1, "a single value"),
        (b"scenario: a\ndescription: \xff\n", 2, "no UTF-8"),
        (b"scenario: a\nworkload:\n\trun_for: 3s\n", 3, "indent with spaces"),
        (b"scenario: [a\nworkload: {}\n", 2, "this is no YAML"),
        (b"scenario: a\n---\nscenario: b\n", 2, "one scenario in a file"),
        (b"a: &a [*a]\n", 1, "endless"),
        (b"scenario: !!python/object:os.system a\n", 1, "has no place here"),
    ],
)
def test_what_is_no_scenario_at_all_is_told_in_one_sentence(
    content: bytes, line: int, says: str, write: Callable[..., Path]
) -> None:
    found = [each for each in problems_of(write(content)) if says in each.text]
    assert [each.line for each in found] == [line]


def test_a_key_that_stands_twice_is_an_error_that_names_the_first_line(
    errors: Callable[[str], list[Problem]],
) -> None:
    (problem,) = errors("judge: [loss]\njudge: [ordering]\n")
    assert (problem.line, problem.path) == (5, "judge")
    assert "first in line 4" in problem.text


def test_a_missing_file_and_a_folder_are_told_without_a_line(tmp_path: Path) -> None:
    (missing,) = problems_of(tmp_path / "none.yaml")
    assert str(missing).startswith(f"{tmp_path / 'none.yaml'}: there is no such file")
    (folder,) = problems_of(tmp_path)
    assert "cannot be read" in folder.text


@pytest.mark.parametrize(
    ("more", "path", "says"),
    [
        ("judge: [los]", "judge[0].los", "did you mean `loss`"),
        ("judge: []", "judge", "is empty"),
        ("judge: loss", "judge", "a list belongs"),
        ("judge: [{loss: {}, ordering: {}}]", "judge[0]", "only one of"),
        ("judge: [priority: {tolerance: 3}]", "judge[0].priority.tolerance", "3 is no duration"),
        ("judge: [loss, loss]", "judge[1]", "judges already"),
        ("judge: [loss]\nworkloads: {}", "workloads", "did you mean `workload`"),
        ("judge: [loss]\nsteps: [{at: 15s}]", "steps[0]", "one of cut, reset"),
        ("judge: [loss]\nsteps: [{kill: core}]", "steps[0]", "one of `at` and `on`"),
        ("judge: [loss]\nsteps: [{at: 15s, cut: all}]", "steps[0]", "needs `for`"),
        ("judge: [loss]\nsteps: [{at: 15s, kill: core, for: 3s}]", "steps[0]", "does not go with"),
        ("judge: [loss]\nsteps: [{at: 15s, slow: all, for: 3s}]", "steps[0]", "needs `latency`"),
        (
            "judge: [loss]\nsteps: [{at: 15s, noop: true, mode: silent}]",
            "steps[0]",
            "goes with `cut`",
        ),
        (
            "judge: [loss]\nsteps: [{at: 15s, noop: true, within: 3s}]",
            "steps[0]",
            "only goes with `on`",
        ),
        ("judge: [loss]\nsteps: [{at: 5s, kill: core}]", "steps[0].at", "lies in the warm-up"),
        ("judge: [loss]\nsteps: [{at: 70s, kill: core}]", "steps[0].at", "after the run"),
        (
            "judge: [loss]\nsteps: [{on: {event: link_dwn}, kill: core}]",
            "steps[0].on",
            "did you mean `link_down`",
        ),
        (
            "judge: [loss]\nsteps: [{on: {event: request_in_flight}, kill: core}]",
            "steps[0].on.service",
            "is missing",
        ),
        (
            "judge: [loss]\nsteps: [{on: {event: first_delivery, strem: a}, kill: core}]",
            "steps[0].on.strem",
            "did you mean `stream`",
        ),
        (
            "judge: [loss]\nsteps: [{at: 12s, cut: all, for: 9s}, {at: 20s, cut: [s3], for: 5s}]",
            "steps[1]",
            "let it begin later",
        ),
        (
            "judge: [loss]\noutages: [{count: 9, down: 5s, up: 5s}]",
            "outages[0].count",
            "after the run",
        ),
        (
            "judge: [loss]\nconditions: [outages: {at_least: 1}]",
            "conditions[0].outages.at_least",
            "cuts 0 times",
        ),
        (
            "judge: [loss]\nconditions: [outages: {at_least: '1'}]",
            "conditions[0].outages.at_least",
            "whole number",
        ),
        (
            "judge: [loss]\nconditions: [readings_offered: {at_least: 1201}]",
            "conditions[0].readings_offered.at_least",
            "makes 1200 readings",
        ),
        (
            "judge: [loss]\nsite: {sensor_source: {SENSOR_COUNT: 3}}",
            "site.sensor_source.SENSOR_COUNT",
            "workload.sensors",
        ),
        (
            "judge: [loss]\nsite: {stream_producer: {RAW_BATCH_SIZE: many}}",
            "site.stream_producer.RAW_BATCH_SIZE",
            "1 to 500",
        ),
        (
            "judge: [loss]\nsite: {stream_producer: {RAW_KINESIS_STREAM: X}}",
            "site.stream_producer.RAW_KINESIS_STREAM",
            "site.kinesis_streams",
        ),
        (
            "judge: [loss]\nsite: {stream_producer: {LOCAL_STREAM_MAX_SIZE: 4096}}",
            "site.stream_producer.LOCAL_STREAM_MAX_SIZE",
            "smaller than one",
        ),
        (
            "judge: [loss]\nsite: {ports: {dashboard: 80, sensor_api: 80}}",
            "site.ports.dashboard",
            "port of sensor_api",
        ),
    ],
)
def test_a_mistake_is_told_where_it_is_and_how_to_mend_it(
    more: str, path: str, says: str, errors: Callable[[str], list[Problem]]
) -> None:
    (problem,) = errors(more)
    assert (
        problem.path == path.replace("outages[0]", problem.path.split(".")[0])
        or problem.path == path
    )
    assert says in problem.text
    assert problem.line >= 4


def test_every_line_of_a_wrong_step_shows_at_once(errors: Callable[[str], list[Problem]]) -> None:
    found = errors("judge: [loss]\nsteps:\n  - {cut: all, latency: 3s}\n")
    assert [each.line for each in found] == [6, 6, 6]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("judge: [priority]\n", "unknown; set site.stream_manager"),
        ("judge: [overwrite]\n", "nothing will be overwritten"),
        ("judge: [loss]\nsteps: [{at: 15s, kill: core}]\n", "without effect would pass unseen"),
        ("judge: [loss]\nconditions: [segments_evicted: {stream: LocalStream, at_least: 1}]\n", "did you mean"),
    ],
)  # fmt: skip
def test_what_is_doubtful_is_a_warning_and_the_scenario_loads(
    more: str, says: str, sound: Callable[[str], Loaded]
) -> None:
    warnings = sound(more).warnings
    assert [each.severity for each in warnings] == [Severity.WARNING]
    assert says in warnings[0].text


def test_on_is_a_word_and_not_a_boolean(sound: Callable[[str], Loaded]) -> None:
    loaded = sound(
        """\
        judge: [loss]
        conditions: [process_killed: {target: core}]
        steps:
          - on: {event: request_in_flight, service: kinesis}
            kill: core
        """
    )
    assert loaded.scenario.steps[0].on is not None


def test_variables_are_texts_however_they_are_written(sound: Callable[[str], Loaded]) -> None:
    site = "judge: [loss]\nsite: {stream_producer: {RAW_BATCH_SIZE: 20, OTHER: yes, FLAG: true}}\n"
    assert sound(site).scenario.site.stream_producer == {
        "RAW_BATCH_SIZE": "20",
        "OTHER": "yes",
        "FLAG": "true",
    }
