"""The folder of a run has everything that a judge needs, and `latest` points to it."""

import json
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from harness.history.lines import parse
from harness.plan.model import Plan
from harness.run.folder import RunFolder
from harness.taps.record import Record

from .conftest import plan_of

BEGAN = datetime(2026, 11, 25, 10, 15, tzinfo=UTC)


@pytest.fixture
def plan() -> Plan:
    return plan_of("[]")


def made(reports: Path, plan: Plan) -> RunFolder:
    return RunFolder.make(reports, plan, b"scenario: small\n", now=lambda: BEGAN)


def finish(folder: RunFolder) -> None:
    folder.finish(
        environment="local",
        versions={"site": "1"},
        stages=[("everything", 0.5)],
        command="stream-chaos run small.yaml",
        now=lambda: BEGAN + timedelta(seconds=90),
    )


def test_it_is_called_after_time_and_seed(tmp_path: Path, plan: Plan) -> None:
    assert made(tmp_path, plan).path == tmp_path / "small" / "20261125T101500Z-1"


def test_two_runs_of_one_second_have_a_folder_each(tmp_path: Path, plan: Plan) -> None:
    assert made(tmp_path, plan).path != made(tmp_path, plan).path


def test_plan_and_scenario_are_there_before_anything_happens(tmp_path: Path, plan: Plan) -> None:
    path = made(tmp_path, plan).path
    assert Plan.from_json(json.loads((path / "plan.json").read_text())) == plan
    assert (path / "scenario.yaml").read_bytes() == b"scenario: small\n"


def test_the_history_has_all_witnesses_lines_in_the_order_of_their_times(
    tmp_path: Path, plan: Plan
) -> None:
    folder = made(tmp_path, plan)
    ticks = count(1)
    edge, harness = (
        Record(
            folder.witnesses / f"{name}.jsonl",
            witness=name,
            origin_ns=0,
            clock_ns=lambda: next(ticks) * 1_000_000,
        )
        for name in ("edge-tap", "harness")
    )
    harness.write("run", "note")
    edge.write("append", "invoked")
    harness.write("phase", "note")
    harness.write("source", "note")
    with (folder.witnesses / "edge-tap.jsonl").open("a") as torn:
        torn.write('{"at": 4, "witn')
    finish(folder)
    kinds = [line["kind"] for line in parse((folder.path / "history.jsonl").read_text())]
    assert kinds == ["run", "append", "phase", "source"]


def test_what_only_the_run_knows_is_written_down(tmp_path: Path, plan: Plan) -> None:
    folder = made(tmp_path, plan)
    finish(folder)
    assert json.loads((folder.path / "run.json").read_text()) == {
        "started": "2026-11-25T10:15:00+00:00",
        "finished": "2026-11-25T10:16:30+00:00",
        "environment": "local",
        "versions": {"site": "1"},
        "stages": [["everything", 0.5]],
        "command": "stream-chaos run small.yaml",
        "exit_reason": "completed",
    }


def test_latest_is_a_relative_link_to_the_run_that_finished_last(
    tmp_path: Path, plan: Plan
) -> None:
    first, second = made(tmp_path, plan), made(tmp_path, plan)
    latest = tmp_path / "small" / "latest"
    assert not latest.exists()
    finish(first)
    assert latest.readlink() == Path(first.path.name)
    finish(second)
    assert latest.resolve() == second.path.resolve()
    assert [path.name for path in latest.parent.iterdir() if path.name.startswith(".")] == []


def test_the_site_file_of_a_scenario_is_kept_beside_it(tmp_path: Path, plan: Plan) -> None:
    path = RunFolder.make(tmp_path, plan, b"", lambda: BEGAN, site=b"site: plant\n").path
    assert (path / "site.yaml").read_bytes() == b"site: plant\n"
