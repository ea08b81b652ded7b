"""What a run left is read back; what it did not leave is told in a sentence."""

from pathlib import Path

import pytest

from harness.report.artefacts import NotARun, read

from .conftest import Told, an_outage, plan_of


def test_plan_facts_and_history_are_read_back(told: Told, tmp_path: Path) -> None:
    plan = plan_of("[{name: outage, at: 2s, cut: all, for: 4s}]")
    recorded = an_outage(told).record(tmp_path, plan)
    assert recorded.plan == plan
    assert recorded.started == "2026-11-25T10:15:00+00:00"
    assert recorded.seconds == 90
    assert len(recorded.history.streams["S", 0].appends) == 200


def test_times_count_from_the_first_reading(told: Told, tmp_path: Path) -> None:
    recorded = told.record(tmp_path)
    assert recorded.since_first_reading_s(2_000.0) == 0
    assert recorded.since_first_reading_s(3_500.0) == 1.5


@pytest.mark.parametrize("facts", [{"started": None}, {"finished": "yesterday"}])
def test_a_run_without_times_took_nobody_knows_how_long(
    told: Told, tmp_path: Path, facts: dict[str, str]
) -> None:
    assert told.record(tmp_path, **facts).seconds is None


@pytest.mark.parametrize("missing", ["plan.json", "run.json", "history.jsonl"])
def test_a_folder_that_lacks_a_file_is_no_run(told: Told, tmp_path: Path, missing: str) -> None:
    told.record(tmp_path)
    (tmp_path / missing).unlink()
    with pytest.raises(NotARun, match=f"{missing} cannot be read") as error:
        read(tmp_path)
    assert str(tmp_path) in str(error.value)
    assert "reports/cloud_outage/latest" in str(error.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plan.json", b"{"),
        ("plan.json", b'{"format": 99}'),
        ("plan.json", b"[]"),
        ("run.json", b"7"),
        ("run.json", b"\xff\xfe"),
        ("history.jsonl", b'{"at": 1, "kind": "put", "type": "ok"}\n'),
    ],
)
def test_what_cannot_be_understood_is_no_run(
    told: Told, tmp_path: Path, name: str, content: bytes
) -> None:
    told.record(tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(NotARun, match="cannot be understood"):
        read(tmp_path)
